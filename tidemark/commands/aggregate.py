"""`tidemark aggregate`."""

from __future__ import annotations

from tidemark.settings.settings import Settings
from tidemark.workers.aggregation import Worker, WorkerOptions
from tidemark.workers.running import run_worker


def aggregate() -> None:
    """Run an aggregation worker in the foreground: as many as wanted; SIGTERM stops it gracefully, kill -9 loses nothing."""
    settings = Settings()
    run_worker(settings, lambda: Worker(settings, WorkerOptions()))
