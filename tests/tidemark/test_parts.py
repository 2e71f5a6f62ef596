"""A worker does not start on parts that run without what makes them fast."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.command import nobody
from tests.replay.command import environment
from tidemark.workers.parts import slow_part

# As where no wheel was to be had, and no compiler.
_WITHOUT_C = "import sys; sys.modules['google_crc32c.cext'] = None; from tidemark.cli import main; main()"


def test_the_parts_that_are_locked_are_fast_here() -> None:
    assert slow_part() is None


@pytest.mark.slow
@pytest.mark.parametrize("command", ["aggregate", "deliver"])
def test_a_worker_refuses_checksums_without_c_and_says_what_to_do(command: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _WITHOUT_C, command],
        env=environment(brokers=nobody()),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1 and ran.stdout == ""
    assert ran.stderr.startswith("tidemark: google-crc32c runs without its C library here")
    assert "pip install" in ran.stderr and ran.stderr.count("\n") == 1
