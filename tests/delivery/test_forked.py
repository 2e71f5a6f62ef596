"""The workers of several sinks are forks of one process, with what it has imported, and gone with it, however it ends (spec 4.2)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devtools.ports import free_ports
from tests.crash.pipeline import until
from tests.sinks.conformance.bench import SECRET

pytestmark = pytest.mark.slow

SINKS = ("wallet", "coupon_service")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Of workers whose broker does not answer: they go on asking."""
    broker, redis = free_ports(2)
    settings = {
        "BROKERS": f"127.0.0.1:{broker}",
        "REDIS_URL": f"redis://127.0.0.1:{redis}/0",
        "COUPON_SERVICE_URL": "http://127.0.0.1:9/coupons",
        "COUPON_SERVICE_SECRET": SECRET,
        "START_DEADLINE_MS": "600000",
    }
    environment = os.environ | {f"TIDEMARK_{name}": value for name, value in settings.items()}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "tidemark", "deliver", *SINKS], env=environment, stdout=log, stderr=log
        )
        yield process
        process.kill()
        process.wait()


def children(process: subprocess.Popen[bytes]) -> dict[str, int]:
    """By sink; one that ends meanwhile is none."""
    found = {}
    for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        with suppress(FileNotFoundError, ProcessLookupError):
            found[Path(f"/proc/{pid}/comm").read_text().strip()] = int(pid)
    return found


def started(process: subprocess.Popen[bytes]) -> dict[str, int]:
    until(lambda: set(children(process)) == set(SINKS), "each sink has a process of its own")
    return children(process)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_they_end_with_the_process_that_started_them(
    supervisor: subprocess.Popen[bytes], number: signal.Signals, code: int
) -> None:
    workers = started(supervisor)
    supervisor.send_signal(number)
    assert supervisor.wait(30) == code
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers.values()), "none is left")


def test_one_that_is_killed_is_started_again_and_the_others_are_left_alone(supervisor: subprocess.Popen[bytes]) -> None:
    before = started(supervisor)
    os.kill(before["wallet"], signal.SIGKILL)
    until(lambda: started(supervisor)["wallet"] != before["wallet"], "it is started again")
    after = started(supervisor)
    assert after["coupon_service"] == before["coupon_service"]
    # One that is started again holds nothing that keeps the others from hearing of the end.
    supervisor.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in after.values()), "none is left")
