"""Counters of what every turn does: plain numbers, which are read when somebody asks for them.

The library's own take a lock and several calls each time, which is a tenth of an order that comes alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


class Tally(Collector):
    """One counter; with a label, one for each of its values. `counts`: by the label's value up to a slash; without a label, by ""."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str]) -> None:
        self.counts: defaultdict[str, int] = defaultdict(int)
        self._family = name, meaning, list(labels)
        if not labels:
            self.counts[""] = 0
        REGISTRY.register(self)

    def collect(self) -> Iterator[Metric]:
        """What was counted by now."""
        name, meaning, labels = self._family
        counts: defaultdict[str, int] = defaultdict(int)
        # As one step: it is asked for in a thread of its own.
        for value, count in list(self.counts.items()):
            counts[value.partition("/")[0]] += count
        family = CounterMetricFamily(name, meaning, labels=labels)
        for value, count in counts.items():
            family.add_metric([value] if labels else [], count)
        yield family


class Durations(Collector):
    """A histogram without labels."""

    def __init__(self, name: str, meaning: str, buckets: Sequence[float]) -> None:
        """`buckets`: their upper bounds, seconds."""
        self._family = name, meaning
        self._bounds = [*buckets, float("inf")]
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0
        REGISTRY.register(self)

    def observe(self, seconds: float) -> None:
        """It took so long once more."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterator[Metric]:
        """What was observed by now."""
        family = HistogramMetricFamily(*self._family)
        bounds = ["+Inf" if bound == float("inf") else str(bound) for bound in self._bounds]
        family.add_metric([], list(zip(bounds, accumulate(list(self._counts)), strict=True)), self._sum)
        yield family
