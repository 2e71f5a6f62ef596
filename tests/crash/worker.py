"""A worker as `tidemark aggregate` runs it, with a fault placed exactly. Only tests start it: production code has no such switch."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import rules.spending.purchase
from agents.turns.committer import Probe, no_probe
from tidemark.settings.settings import Settings
from tidemark.workers.aggregation import Worker, WorkerOptions
from tidemark.workers.running import run_worker


class Fault:
    """Sends a process a signal at the n-th time of a step: this very one, or a broker's."""

    def __init__(self, step: str, times: int, number: signal.Signals, pid: int) -> None:
        self._step = step
        self._left = times
        self._signal = number
        self._pid = pid

    def __call__(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(self._pid, self._signal)


def throw_for(order_id: str) -> None:
    """Makes the rule of purchases throw on one order, for every module that has taken it by name."""
    apply: Callable[..., Any] = rules.spending.purchase.apply_purchase

    def throwing(member: Any, accepted: Any, *arguments: Any) -> Any:
        if accepted.document.order_id == order_id:
            # Some of the work is done before it throws, so that a turn that is not forgotten shows.
            apply(member, accepted, *arguments)
            raise RuntimeError("a bug in a rule")
        return apply(member, accepted, *arguments)

    for module in list(sys.modules.values()):
        if getattr(module, apply.__name__, None) is apply:
            setattr(module, apply.__name__, throwing)


def main() -> None:
    """`--kill-at STEP:N`, `--sleep-at STEP:N` or `--stop-at STEP:N`, of a process `--pid` that is not this one; `--throw-for ORDER_ID`;
    settings from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill-at")
    parser.add_argument("--sleep-at")
    parser.add_argument("--stop-at")
    parser.add_argument("--pid", type=int, default=os.getpid())
    parser.add_argument("--throw-for")
    options = parser.parse_args()
    if options.throw_for:
        throw_for(options.throw_for)

    probe: Probe = no_probe
    faults = {signal.SIGKILL: options.kill_at, signal.SIGSTOP: options.sleep_at, signal.SIGTERM: options.stop_at}
    for number, place in faults.items():
        if place:
            step, times = place.split(":")
            probe = Fault(step, int(times), number, options.pid)
    settings = Settings()
    run_worker(settings, lambda: Worker(settings, WorkerOptions(probe=probe)))
