"""A broker's formatted storage. Kafka's tool for it takes a JVM's start, so it is asked once for these jars, and what it made is copied."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from devtools.kafka_properties import Listeners, server_properties

_CHECKPOINT = "bootstrap.checkpoint"


def new_id() -> str:
    """As Kafka names clusters and folders."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def make_storage(data: Path, cluster_id: str, node: str, formatted: Path, java: Sequence[str]) -> None:
    """Makes the folder of a node's data. `formatted`: where a copy is, or is made by this `java`. Raises RuntimeError where that fails."""
    if not formatted.exists():
        _format(formatted, java)
    data.mkdir(parents=True)
    shutil.copyfile(formatted / _CHECKPOINT, data / _CHECKPOINT)
    named = {"version": "1", "cluster.id": cluster_id, "node.id": node, "directory.id": new_id()}
    (data / "meta.properties").write_text("".join(f"{name}={value}\n" for name, value in named.items()))


def _format(formatted: Path, java: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(dir=formatted.parent) as name:
        properties, data = Path(name) / "server.properties", Path(name) / "data"
        properties.write_text(server_properties(data, Listeners(1, 2)))
        command = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={new_id()}", "--config", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"formatting Kafka's storage failed:\n{done.stdout}{done.stderr}")
        try:
            data.rename(formatted)
        except OSError:
            # Another process was as quick.
            if not formatted.exists():
                raise
