"""A zone of the benchmarks' own in which it is midnight at a chosen instant: so none need be waited for."""

from __future__ import annotations

import os
import zoneinfo
from datetime import datetime
from pathlib import Path
from struct import Struct

ZONE = "Bench/Midnight"
_DAY_SECONDS = 86_400
# As RFC 8536 has it: magic, version, and how many there are of indicators, leap seconds, transitions, types and letters of names.
_HEADER = Struct(">4sc15x6I")
_TYPE = Struct(">iBB")
_NAME = b"BMT\0"


def write_zone(folder: Path, midnight: datetime) -> dict[str, str]:
    """Writes the zone below a folder, with a midnight at that instant (a whole second); the environment in which Python finds it there."""
    seconds = int(midnight.timestamp()) % _DAY_SECONDS
    ahead = -seconds if seconds <= _DAY_SECONDS // 2 else _DAY_SECONDS - seconds
    block = _HEADER.pack(b"TZif", b"2", 0, 0, 0, 0, 1, len(_NAME)) + _TYPE.pack(ahead, 0, 0) + _NAME
    path = folder / ZONE
    path.parent.mkdir(parents=True, exist_ok=True)
    # Once with times of 32 bits and once of 64, of which there are none; and by which rule it goes on: what was ahead is behind there.
    path.write_bytes(block * 2 + f"\n<BMT>{_clock(-ahead)}\n".encode())
    return {"PYTHONTZPATH": os.pathsep.join([str(folder), *zoneinfo.TZPATH])}


def _clock(seconds: int) -> str:
    minutes, left = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{left:02}"
