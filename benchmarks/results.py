"""The latest results of every section, kept in docs/performance.json, so that one section can be measured anew alone."""

from __future__ import annotations

import json
import os
import platform
import sysconfig
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.places import FIGURES
from benchmarks.sections import Result


def merge(bench: Bench, command: str, found: Mapping[str, Result], order: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Keeps what was found with where and how; returns the results of all sections, in the page's order."""
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for name, result in found.items():
        known[name] = {
            "day": datetime.now(UTC).date().isoformat(),
            "command": command,
            "machine": machine(),
            "rounds": bench.rounds,
            "tables": [table._asdict() for table in result.tables],
            "plot": result.plot,
        }
    ordered = {name: known[name] for name in order if name in known}
    FIGURES.write_text(json.dumps(ordered, indent=1, default=list) + "\n")
    return ordered


def machine() -> str:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_cpu_model()}, {os.cpu_count()} cores, {memory:.0f} GiB, {_python()}"


def _python() -> str:
    """The interpreter, and whether it was built with profile-guided optimization, which CPU figures depend on."""
    how = "with" if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "") else "without"
    return f"Python {platform.python_version()} built {how} --enable-optimizations"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
