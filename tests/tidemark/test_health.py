"""`/healthz` tells whether a worker's loop is alive, whatever the loop does; `/readyz` what keeps it from its work."""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request

import pytest

from devtools.ports import free_ports
from tests.crash.pipeline import until
from tidemark.workers import health


def test_a_worker_is_well_while_its_loop_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_DEAD_AFTER_SECONDS", 0.2)
    monkeypatch.setattr(health, "_BEAT_SECONDS", 0.01)
    [port] = free_ports(1)
    pulse = health.Pulse()
    health.serve("127.0.0.1", port, pulse)
    block, blocked, release, end = (threading.Event() for _ in range(4))

    async def work() -> None:
        beating = asyncio.create_task(pulse.beat())
        while not end.is_set():
            if block.is_set() and not release.is_set():
                blocked.set()
                release.wait(30)
            await asyncio.sleep(0.01)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)

    assert _healthz(port) == (503, "not running\n")
    worker = threading.Thread(target=lambda: asyncio.run(work()))
    worker.start()
    try:
        until(lambda: _healthz(port) == (200, "ok\n"), "it beats")
        block.set()
        assert blocked.wait(30)
        until(lambda: _healthz(port) == (503, "stuck\n"), "it is stuck")
        release.set()
        until(lambda: _healthz(port) == (200, "ok\n"), "it goes on")
    finally:
        release.set()
        end.set()
        worker.join()
    assert _healthz(port) == (503, "not running\n")


def test_a_taken_port_is_said() -> None:
    [port] = free_ports(1)
    health.serve("127.0.0.1", port, health.Pulse())
    with pytest.raises(health.PortTaken, match="TIDEMARK_METRICS_PORT"):
        health.serve("127.0.0.1", port, health.Pulse())


def test_readiness_says_all_that_is_wrong() -> None:
    class Told:
        reasons = ("its definitions were read 12 s ago", "partition 1 is deaf")

    [port] = free_ports(1)
    pulse = health.Pulse()
    health.serve("127.0.0.1", port, pulse)
    assert _get(port, "/readyz") == (503, "the worker is not running\n")
    told = pulse.readiness = Told()  # type: ignore[assignment]

    async def beats() -> None:
        beating = asyncio.create_task(pulse.beat())
        await asyncio.sleep(0)
        assert await asyncio.to_thread(_get, port, "/readyz") == (503, "its definitions were read 12 s ago\npartition 1 is deaf\n")
        told.reasons = ()
        assert await asyncio.to_thread(_get, port, "/readyz") == (200, "ready\n")
        beating.cancel()

    asyncio.run(beats())


def _healthz(port: int) -> tuple[int, str]:
    return _get(port, "/healthz")


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
