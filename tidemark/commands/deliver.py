"""`tidemark deliver`."""

from __future__ import annotations

from tidemark.group_worker import WorkerOptions
from tidemark.running import run_worker
from tidemark.settings import Settings
from tidemark.wiring_deliver import DeliveryWorker


def deliver() -> None:
    """Run a delivery worker in the foreground: grants into the wallets in Redis; as many as wanted, stopped by SIGTERM.

    While Redis is down it waits, and nothing else does.
    """
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions()))
