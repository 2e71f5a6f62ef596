"""The zone in which it is midnight when the benchmarks want it to be."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.at_once.zone import ZONE, write_zone

_ASK = "import sys; from rules.times import midnight_after; print(midnight_after(int(sys.argv[1]), sys.argv[2]))"


@pytest.mark.parametrize("clock", ["00:00:00", "00:00:07", "03:41:59", "11:59:59", "12:00:00", "12:00:01", "23:59:59"])
def test_it_is_midnight_then(clock: str, tmp_path: Path) -> None:
    midnight = datetime.fromisoformat(f"2026-07-01T{clock}").replace(tzinfo=UTC)
    environment = write_zone(tmp_path, midnight) | {"PYTHONPATH": ":".join(sys.path)}
    for before in (timedelta(milliseconds=1), timedelta(hours=23, minutes=59)):
        asked = str(int((midnight - before).timestamp() * 1000))
        done = subprocess.run(
            [sys.executable, "-c", _ASK, asked, ZONE], env=environment, capture_output=True, text=True, check=True
        )
        assert int(done.stdout) == int(midnight.timestamp()) * 1000
