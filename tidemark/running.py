"""A worker as a process: until SIGTERM stops it gracefully, or a failure ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

import structlog
import uvloop
from prometheus_client import start_http_server

from tidemark.settings import Settings

_STOP_SECONDS = 20.0


class Runs(Protocol):
    """A worker: started once, stopped once; `failure` is done when it can go on no longer."""

    failure: asyncio.Future[None]

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def run_worker(settings: Settings, make: Callable[[], Runs]) -> NoReturn:
    """Runs a worker in the foreground. Exit 0 after SIGTERM or SIGINT, 1 when it failed: its supervisor starts it again."""
    configure_logging(settings.log_level)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, settings.metrics_host)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_run(make))
        sys.stdout.flush()
        sys.stderr.flush()
        # What is left are tasks of libraries that wait for nothing; a worker that has failed must not linger.
        os._exit(code)


async def _run(make: Callable[[], Runs]) -> int:
    log = structlog.get_logger()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    worker = make()
    try:
        await worker.start()
        # What was made so far stays: the collector need not look at it again. Cycles are few; the young ones are enough.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 1000)
        log.info("worker_started", pid=os.getpid())
        waiting = asyncio.ensure_future(stop.wait())
        ends: list[asyncio.Future[Any]] = [waiting, worker.failure]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if worker.failure.done():
            worker.failure.result()
        async with asyncio.timeout(_STOP_SECONDS):
            await worker.stop()
    except Exception as error:
        log.critical("worker_failed", error=type(error).__name__, reason=str(error), exc_info=not str(error))
        print(f"tidemark: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    log.info("worker_stopped")
    return 0


def configure_logging(level: str) -> None:
    """Structured lines on standard error: keys and values, JSON where nobody looks on."""
    number = getattr(logging, level.upper())
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
