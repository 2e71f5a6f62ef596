"""What a process and its children have used, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its living children."""
    return sum(_ticks(each) for each in _family(pid)) / TICKS_PER_SECOND


def peak_bytes(pid: int) -> int:
    """The most memory that was ever resident, children added."""
    return sum(_status_bytes(each, "VmHWM") for each in _family(pid))


def resident_bytes(pid: int) -> int:
    """The memory resident now, children added."""
    return sum(_status_bytes(each, "VmRSS") for each in _family(pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _ticks(pid: int) -> int:
    # The name, in parentheses, may hold spaces; utime and stime are the 12th and 13th field after it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _status_bytes(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no {name}: it has ended")
