"""Builds the Kafka Streams peer: its jars from Maven, its two classes with javac, both kept in .build/bench."""

from __future__ import annotations

import shutil
import subprocess

from benchmarks.places import BUILD, STREAMS_PEER

JARS = BUILD / "jars"
CLASSES = BUILD / "classes"


def classpath() -> str:
    """The peer's class path, built first where it is missing or older than its source.

    Raises RuntimeError when Java's compiler or Maven is missing, and subprocess.CalledProcessError when one of them fails.
    """
    for tool in ("mvn", "javac", "java"):
        if shutil.which(tool) is None:
            raise RuntimeError(f"the Kafka Streams peer needs {tool}: install a JDK (17 or later) and Maven")
    sources = sorted((STREAMS_PEER / "src").rglob("*.java"))
    pom = STREAMS_PEER / "pom.xml"
    newest = max(path.stat().st_mtime for path in [pom, *sources])
    built = CLASSES / "built"
    if not built.exists() or built.stat().st_mtime < newest:
        copy = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        subprocess.run(copy, check=True)
        compile_ = ["javac", "--release", "17", "-cp", f"{JARS}/*", "-d", str(CLASSES), *map(str, sources)]
        subprocess.run(compile_, check=True)
        built.touch()
    return f"{CLASSES}:{JARS}/*"
