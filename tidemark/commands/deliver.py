"""`tidemark deliver`."""

from __future__ import annotations

from tidemark.settings.settings import Settings
from tidemark.workers.delivery import DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker


def deliver() -> None:
    """Run a delivery worker in the foreground: grants into the wallets in Redis; as many as wanted, stopped by SIGTERM.

    While Redis is down it waits, and nothing else does.
    """
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions()))
