"""`tidemark figures`."""

from __future__ import annotations

from tidemark.settings.settings import Settings
from tidemark.workers.delivery import DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker


def figures() -> None:
    """Run a worker in the foreground that adds up what turns have added, into hashes in Redis; as many as wanted, stopped by SIGTERM.

    There is something to add up where the aggregation runs with TIDEMARK_FIGURES on.
    """
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(), "figures"))
