"""`tidemark deliver`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from tidemark.settings.settings import Settings
from tidemark.terminal import give_up
from tidemark.workers.delivery import SINKS, DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker
from tidemark.workers.side_by_side import run_side_by_side


def deliver(*sinks: Annotated[str, Parameter(help=f"whom to deliver to, {', '.join(SINKS)}; none: TIDEMARK_SINKS")]) -> None:
    """Run a delivery worker in the foreground: what members are given, into a sink; as many as wanted, stopped by SIGTERM.

    Of several sinks each has a process of its own. While a sink is down its worker waits, and nothing else does.
    """
    settings = Settings()
    names = sinks or settings.sinks
    for name in names:
        if name not in SINKS:
            give_up(f"there is no sink {name!r}; there are: {', '.join(SINKS)}")
        # What its settings lack is said before anything runs; nothing is connected by that.
        SINKS[name].make(settings)
    if len(set(names)) > 1:
        run_side_by_side(settings, list(dict.fromkeys(names)))
    run_worker(settings, lambda: DeliveryWorker(settings, WorkerOptions(), names[0]))
