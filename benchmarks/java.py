"""Builds the Kafka Streams peers: their jars from Maven, their classes with javac, both kept in .build/bench."""

from __future__ import annotations

import fcntl
import shutil
import subprocess

from benchmarks.places import BUILD, STREAMS_PEERS

JARS = BUILD / "jars"
CLASSES = BUILD / "classes"


def classpath() -> str:
    """The peers' class path, built first where it is missing or older than their source.

    Raises RuntimeError when Java's compiler or Maven is missing, and subprocess.CalledProcessError when one of them fails.
    """
    for tool in ("mvn", "javac", "java"):
        if shutil.which(tool) is None:
            raise RuntimeError(f"the Kafka Streams peers need {tool}: install a JDK (17 or later) and Maven")
    BUILD.mkdir(parents=True, exist_ok=True)
    # Several processes of the tests ask for it at once.
    with (BUILD / "building").open("w") as building:
        fcntl.flock(building, fcntl.LOCK_EX)
        _build()
    return f"{CLASSES}:{JARS}/*"


def _build() -> None:
    """Where it is missing, or older than its source."""
    sources = sorted((STREAMS_PEERS / "src").rglob("*.java"))
    pom = STREAMS_PEERS / "pom.xml"
    newest = max(path.stat().st_mtime for path in [pom, *sources])
    built = CLASSES / "built"
    if not built.exists() or built.stat().st_mtime < newest:
        # Jars of two versions side by side would not start.
        shutil.rmtree(JARS, ignore_errors=True)
        copy = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        subprocess.run(copy, check=True)
        compile_ = ["javac", "--release", "17", "-cp", f"{JARS}/*", "-d", str(CLASSES), *map(str, sources)]
        subprocess.run(compile_, check=True)
        built.touch()
