"""`tidemark deliver`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from tidemark.settings.settings import Settings
from tidemark.terminal import give_up
from tidemark.workers.delivery import SINKS, DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker


def deliver(sink: Annotated[str, Parameter(help=f"whom to deliver to: {', '.join(SINKS)}")] = "wallet", /) -> None:
    """Run a delivery worker in the foreground: grants into a sink, the wallets in Redis; as many as wanted, stopped by SIGTERM.

    While the sink is down it waits, and nothing else does.
    """
    if sink not in SINKS:
        give_up(f"there is no sink {sink!r}; there are: {', '.join(SINKS)}")
    settings = Settings()
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(), sink))
