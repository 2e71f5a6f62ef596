"""Lines of a replay that change definitions, for the lines after them (spec 2.5, 6)."""

from __future__ import annotations

from collections.abc import Sequence

from agents.fold.changes import accept_change
from agents.fold.incoming import Incoming, dead_letter
from agents.fold.settings import FoldSettings
from agents.turns.turn import Turn
from rules.clock import Clock
from rules.definitions.kinds import ACTIVITY
from rules.documents.change import Change
from rules.refused import Refused
from rules.rulebook.changing import Changes
from rules.rulebook.rulebook import Rulebook
from streams.changes import change_of
from streams.decode import Malformed


class ChangeLines:
    """The definitions of a replay, and what its lines make of them."""

    def __init__(self, changes: Changes, clock: Clock, settings: FoldSettings) -> None:
        self._changes = changes
        self._clock = clock
        self._settings = settings

    @property
    def rulebook(self) -> Rulebook:
        """What the next line is judged by."""
        return self._changes.rulebook

    def activities(self) -> Sequence[str]:
        """The codes of all activities that there are now, drafts and archived ones too."""
        return [chain.versions[0].saved.code for chain in self.rulebook.chains() if chain.versions[0].saved.kind == ACTIVITY]

    def read(self, raw: bytes) -> Change | Malformed | None:
        """The change that a line holds, or what is wrong with it; None where it is none."""
        try:
            return change_of(raw, self._settings.limits)
        except Malformed as malformed:
            return malformed

    def accept(self, change: Change | Malformed) -> Malformed | Refused | None:
        """Moves the clock by one that is well-formed and not late; why not, else. What is due by then is to fire before `make`."""
        if isinstance(change, Malformed):
            return change
        try:
            accept_change(change, self._changes, self._clock, self._settings)
        except Refused as refused:
            return refused
        return None

    def make(self, change: Change | Malformed) -> Refused | None:
        """Makes one that was accepted; why not, where it may not be made."""
        assert not isinstance(change, Malformed), "only what is well-formed is accepted"
        try:
            self._changes.make(change, self._clock.now_us)
        except Refused as refused:
            return refused
        return None


def bury(turn: Turn, incoming: Incoming, received_ms: int, why: Malformed | Refused) -> None:
    """The dead letter of a change that may not be made."""
    letter = dead_letter(incoming, turn.table.partition, received_ms, why.reason, str(why))
    turn.outputs.put(letter.topic, letter.event_id, letter.key, letter.value)
