"""`/healthz` tells whether a worker's loop is alive, whatever the loop does."""

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


def _healthz(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
