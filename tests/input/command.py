"""`tidemark` as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from devtools.ports import free_ports


def tidemark(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with settings such as partitions="3", and no others; what it said, and its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    environment |= {f"TIDEMARK_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-c", "from tidemark.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def nobody() -> str:
    """host:port at which nobody listens."""
    return f"127.0.0.1:{free_ports(1)[0]}"
