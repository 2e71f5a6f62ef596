"""What a member is judged for, and one membership of his (spec 3.4 to 3.6)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

from rules.happened import Happened, Why
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Member, Membership
from rules.times import iso, moment, moment_us, rounded_up_ms

# Of what comes of very many members at one time.
_TIMES: Final = 64


class Cause(Struct, gc=False):
    """A document and the order that it is of (None: of none), or a changed rule; when it happened, and by the clock of when (epoch ms);
    `finer_us`: by how much later.

    `imported`: what is gained by it counts as gained, and nothing is granted for it (spec 1.1, 2.8).
    """

    why: Why
    document_id: str | None
    order_id: str | None
    occurred_at: datetime
    now_ms: int
    imported: bool = False
    finer_us: int = 0
    _text: str = ""

    @property
    def now_us(self) -> int:
        """By the clock of when (epoch us)."""
        return self.now_ms * 1000 + self.finer_us

    @property
    def known_at(self) -> datetime:
        """When it happened, or, where that is later, by the clock of when."""
        return max(self.occurred_at, moment_us(self.now_us))

    @property
    def at(self) -> str:
        """`occurred_at` in ISO 8601."""
        text = self._text
        if not text:
            text = self._text = iso(self.occurred_at)
        return text


@lru_cache(_TIMES)
def ended(at_ms: int) -> Cause:
    """The end of terms at a time."""
    return Cause("ended", None, None, moment(at_ms), at_ms)


@lru_cache(_TIMES)
def changed_rule(since_us: int, now_us: int) -> Cause:
    """A rule that holds from a time on, judged by as of another (both epoch us)."""
    now_ms = rounded_up_ms(now_us)
    return Cause("rule", None, None, moment_us(since_us), now_ms, finer_us=now_us - now_ms * 1000)


class Case(Struct, gc=False):
    """A membership that is judged, by a version of its program, and for what; `happened`: where what comes of it is appended. `risen_from`:
    of a changed rule, the level of the present ladder above which levels are gained.
    """

    program: CompiledProgram
    member_id: str
    member: Member
    membership: Membership
    rulebook: Rulebook
    cause: Cause
    happened: list[Happened]
    risen_from: str | None = None
