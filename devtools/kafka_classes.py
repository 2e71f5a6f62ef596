"""Kafka's classes as a JVM has read and checked them once for these jars. Brokers that map them start with less work.

The JVM passes over an archive that another version of Java made, or of other jars.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable
from pathlib import Path

from devtools.local_server import LocalServer

# At its end the JVM that makes it writes all that it has loaded, while other processes of the tests wait.
MAKING_SECONDS = 180


def mapped(archive: Path) -> str:
    """The JVM's option to use it."""
    return f"-XX:SharedArchiveFile={archive}"


def make_class_archive(archive: Path, broker: Callable[[Path, str], LocalServer]) -> None:
    """Where it is not there yet. `broker`: one in a folder, with an option for its JVM. Raises RuntimeError where it does not come."""
    if archive.exists():
        return
    with archive.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if archive.exists():
            return
        with tempfile.TemporaryDirectory(dir=archive.parent) as name:
            new = Path(name) / archive.name
            making = broker(Path(name), f"-XX:ArchiveClassesAtExit={new}")
            making.stop_seconds = MAKING_SECONDS
            # Once it has started, nearly all is loaded that a broker ever loads.
            making.start()
            making.stop()
            if not new.exists():
                raise RuntimeError(
                    f"the JVM wrote no archive of classes, {archive}:\n{making.process.log.read_text(errors='replace')[-3_000:]}"
                )
            new.rename(archive)
