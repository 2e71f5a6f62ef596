"""Whether a worker does its work, and what keeps it from it: `/readyz` answers by this, and figures show it by partition.

A worker that is deaf looks as one to which nothing comes, and one that is stuck as one that is slow: so it is told from when a broker last
answered, and from whether turns go on while records wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from agents.metrics import (
    DEFINITIONS_AGE,
    MEMBERS,
    PARTITION_STATE,
    PARTITIONS,
    READY,
    RECORDS_BEHIND,
    SECONDS_BEHIND,
    forget_partition,
)

ASSIGNED, TAKING_OVER, OURS = "assigned", "taking_over", "ready"

# A worker whose view of the definitions is older waits: others may judge by newer ones (spec 2.5).
MAX_VIEW_SECONDS = 5.0

# Of a source (short name) and partition: where it ended when a broker last answered of it, and when it was asked, in seconds of the
# monotonic clock; None where it never answered.
Heard = Callable[[str, int], tuple[int, float] | None]


class ReadinessSettings(NamedTuple):
    """From when on a worker is not ready: its brokers silent, records waiting without a turn, its definitions so old."""

    silent_seconds: float
    stuck_seconds: float
    definitions_seconds: float


class Standing(Protocol):
    """What is looked at of a partition that is ours."""

    partition: int
    positions: dict[str, int]
    published_through: int

    def members(self) -> int:
        """How many it knows."""

    def unpublished(self) -> int:
        """Turns sealed and not yet published."""

    def oldest_waiting_ms(self) -> int | None:
        """The broker's time of the oldest record that was fetched and is not folded."""


class _Progress(NamedTuple):
    """`published_through` and when it was first seen so."""

    turn: int
    since: float


class Readiness:
    """Told by whoever knows; `reasons` may be read from any thread."""

    def __init__(
        self,
        settings: ReadinessSettings,
        heard: Heard,
        definitions_age: Callable[[], float],
        definitions_silence: Callable[[], str] = str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`definitions_age`: seconds since they were known to be read to their end; 0 where none are needed. `definitions_silence`: why
        they grow old; "" while they do not.
        """
        self.reasons: tuple[str, ...] = ("it has not joined the group yet",)
        self._settings = settings
        self._heard = heard
        self._definitions_age = definitions_age
        self._definitions_silence = definitions_silence
        self._monotonic = monotonic
        self._in_group = False
        self._states: dict[int, str] = {}
        self._taken_at: dict[int, float] = {}
        self._progress: dict[int, _Progress] = {}

    def assigned(self, partitions: Iterable[int]) -> None:
        """The group has given us these partitions."""
        self._in_group = True
        for partition in partitions:
            self._enter(partition, ASSIGNED)

    def taking_over(self, partition: int) -> None:
        """A partition is being recovered."""
        self._enter(partition, TAKING_OVER)

    def taken(self, partition: int) -> None:
        """A partition is ours, and read."""
        self._enter(partition, OURS)
        self._taken_at[partition] = self._monotonic()

    def let_go(self) -> None:
        """No partition is ours until the group has given us some."""
        self._in_group = False
        for partition in self._states:
            forget_partition(partition)
        self._states.clear()
        self._taken_at.clear()
        self._progress.clear()
        PARTITIONS.set(0)
        self.reasons = ("it is not in the group: partitions are being given out",)

    def look(self, ours: Mapping[int, Standing], now_ms: int) -> None:
        """Looks at what is ours now, for figures and reasons; to be done every second or so."""
        now = self._monotonic()
        reasons = [] if self._in_group else ["it is not in the group: partitions are being given out"]
        age = self._definitions_age()
        DEFINITIONS_AGE.set(age)
        if age > self._settings.definitions_seconds:
            silence = self._definitions_silence()
            reasons.append(f"its definitions were read {age:.0f} s ago" + (f": {silence}" if silence else ""))
        waiting = sorted(partition for partition, state in self._states.items() if state != OURS)
        if waiting:
            reasons.append(f"not taken over yet: partitions {', '.join(map(str, waiting))}")
        for partition, standing in ours.items():
            if self._states.get(partition) == OURS:
                reasons += self._look_at(standing, now, now_ms)
        READY.set(not reasons)
        self.reasons = tuple(reasons)

    def _look_at(self, standing: Standing, now: float, now_ms: int) -> list[str]:
        partition = standing.partition
        behind, silent_seconds = self._behind(standing, now)
        oldest_ms = standing.oldest_waiting_ms()
        MEMBERS.labels(str(partition)).set(standing.members())
        RECORDS_BEHIND.labels(str(partition)).set(behind)
        SECONDS_BEHIND.labels(str(partition)).set(0 if oldest_ms is None else max(0, now_ms - oldest_ms) / 1000)
        before = self._progress.get(partition)
        if before is None or before.turn != standing.published_through or not (behind or standing.unpublished()):
            self._progress[partition] = before = _Progress(standing.published_through, now)
        if now - before.since > self._settings.stuck_seconds:
            return [
                f"partition {partition} is stuck: {behind} records wait, and no turn went through for {now - before.since:.0f} s"
            ]
        # Where something is in hand, nothing more may be asked for; whether it goes on is said above.
        in_hand = oldest_ms is not None or standing.unpublished()
        if silent_seconds > self._settings.silent_seconds and not in_hand:
            return [f"partition {partition} is deaf: no broker has answered of its sources for {silent_seconds:.0f} s"]
        return []

    def _behind(self, standing: Standing, now: float) -> tuple[int, float]:
        """Records that are not folded, and for how long the source that is silent longest has been so."""
        behind = 0
        heard_at = now
        for topic, position in standing.positions.items():
            end, at = self._heard(topic, standing.partition) or (position, self._taken_at[standing.partition])
            behind += max(0, end - position)
            heard_at = min(heard_at, at)
        return behind, now - heard_at

    def _enter(self, partition: int, state: str) -> None:
        self._states[partition] = state
        for each in (ASSIGNED, TAKING_OVER, OURS):
            PARTITION_STATE.labels(str(partition), each).set(each == state)
        PARTITIONS.set(list(self._states.values()).count(OURS))
