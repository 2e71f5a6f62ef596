"""A worker as a process: until SIGTERM stops it gracefully, or a failure ends it."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NoReturn, Protocol

import structlog
import uvloop

from agents.metrics import BUILD
from agents.readiness import Readiness
from tidemark.compiled_copy import is_compiled
from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, give_up
from tidemark.workers.health import Pulse, serve
from tidemark.workers.parts import slow_part

_STOP_SECONDS = 20.0
_COLLECT_SECONDS = 10.0


class Runs(Protocol):
    """A worker: started once, stopped once; `failure` is done when it can go on no longer."""

    failure: asyncio.Future[None]
    readiness: Readiness

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def run_worker(settings: Settings, make: Callable[[], Runs]) -> NoReturn:
    """Runs a worker in the foreground. Exit 0 after SIGTERM or SIGINT, 1 when it failed: its supervisor starts it again."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # Until there is a loop that hears of it, nothing is ours.
        signal.signal(number, lambda *_: os._exit(0))
    configure_logging(settings.log_level)
    if advice := slow_part():
        give_up(advice)
    # A compiled module is a library: which of the two copies was found is not to be guessed.
    compiled = is_compiled()
    structlog.get_logger().info("worker_starting", pid=os.getpid(), compiled=compiled)
    BUILD.labels(version("tidemark"), platform.python_version(), str(compiled).lower()).set(1)
    pulse = Pulse()
    if settings.metrics_port:
        serve(settings.metrics_host, settings.metrics_port, pulse)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_run(settings, make, pulse))
        sys.stdout.flush()
        sys.stderr.flush()
        # What is left are tasks of libraries that wait for nothing; a worker that has failed must not linger.
        os._exit(code)


async def _run(settings: Settings, make: Callable[[], Runs], pulse: Pulse) -> int:
    log = structlog.get_logger()
    if warning := settings.connection().in_the_clear():
        log.warning("password_in_the_clear", advice=warning)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # What is imported stays: recoveries, each of which collects, need not look at it.
    gc.freeze()
    worker = make()
    pulse.readiness = worker.readiness
    try:
        waiting = asyncio.ensure_future(stop.wait())
        await _start(worker, waiting)
        # A turn makes many objects and no cycles: the collector would look at them all for nothing (a third of the CPU, measured).
        # What is made beside turns is collected now and then.
        gc.collect()
        gc.freeze()
        gc.disable()
        collecting = asyncio.create_task(_collect())
        beating = asyncio.create_task(pulse.beat())
        ends: list[asyncio.Future[Any]] = [waiting, worker.failure]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        beating.cancel()
        collecting.cancel()
        if worker.failure.done():
            worker.failure.result()
        async with asyncio.timeout(_STOP_SECONDS):
            await worker.stop()
    except Exception as error:
        log.critical("worker_failed", error=type(error).__name__, reason=str(error), exc_info=not str(error))
        complain(f"{type(error).__name__}: {error}")
        return 1
    log.info("worker_stopped")
    return 0


async def _start(worker: Runs, stopped: asyncio.Future[Any]) -> None:
    """Starts the worker; gives that up where it is stopped meanwhile."""
    starting = asyncio.ensure_future(worker.start())
    await asyncio.wait([stopped, starting], return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        starting.result()
        structlog.get_logger().info("worker_started")
        return
    starting.cancel()
    await asyncio.wait([starting])


async def _collect() -> None:
    """Collects the young cycles that libraries make, until cancelled."""
    while True:
        await asyncio.sleep(_COLLECT_SECONDS)
        gc.collect(1)
