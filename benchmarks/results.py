"""The latest results of every section, kept in docs/performance.json, so that one section can be measured anew alone."""

from __future__ import annotations

import json
import os
import platform
import sysconfig
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.places import FIGURES
from benchmarks.sections import Result


def merge(
    bench: Bench, command: str, name: str, result: Result, seconds: float, order: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Keeps what a section found, with where and how, and the seconds that it took; returns the results of all sections, in the page's
    order.
    """
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    known[name] = {
        "day": datetime.now(UTC).date().isoformat(),
        "command": command,
        "machine": machine(),
        "load": bench.load_before,
        "rounds": bench.rounds,
        "seconds": round(seconds),
        "beside": result.beside,
        "notes": result.notes,
        "tables": [table._asdict() for table in result.tables],
        "plot": result.plot,
    }
    FIGURES.write_text(json.dumps({each: known[each] for each in order if each in known}, indent=1) + "\n")
    # As they were written, those of now like those kept.
    return dict(json.loads(FIGURES.read_text()))


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
