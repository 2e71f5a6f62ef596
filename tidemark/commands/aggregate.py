"""`tidemark aggregate`."""

from __future__ import annotations

from tidemark.running import run_worker
from tidemark.settings import Settings
from tidemark.wiring import Worker, WorkerOptions


def aggregate() -> None:
    """Run an aggregation worker in the foreground: as many as wanted; SIGTERM stops it gracefully, kill -9 loses nothing."""
    settings = Settings()
    run_worker(settings, lambda: Worker(settings, WorkerOptions()))
