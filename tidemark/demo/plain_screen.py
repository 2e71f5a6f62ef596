"""The demo where there is no terminal (a pipe, a file, CI): plain lines, thinned once there are many, and saying so."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console

from tidemark.demo.ending import Summary, ending
from tidemark.demo.gift_row import GiftRow
from tidemark.demo.tally import Tally
from tidemark.demo.words import WHY, Words, moment
from tidemark.terminal import shown

FIRST_ROWS = 25
THEN_ONE_IN = 250
FIRST_CHANGES = 10
PROGRESS_STEPS = 10


class PlainScreen:
    """A line for each of the first gifts and level changes, then for one in many; a line for each tenth of the orders."""

    def __init__(self, words: Words, console: Console) -> None:
        self.words = words
        self.console = console
        self.tally = Tally(words)
        self.row: GiftRow | None = None
        """The latest, which may go on; printed when it does not."""
        self.rows = 0
        self.changes = 0
        self.steps_done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._end_row()

    def gift(self, grant: Mapping[str, Any]) -> None:
        self.tally.add_grant(grant)
        if self.row is None or not self.row.joined(grant):
            self._end_row()
            self.row = GiftRow(grant)

    def release(self, release: Mapping[str, Any]) -> None:
        self.tally.add_release(release)

    def level(self, change: Mapping[str, Any]) -> None:
        self._end_row()
        self.tally.add_change(change)
        self.changes += 1
        if self.changes <= FIRST_CHANGES or self.changes % THEN_ONE_IN == 0:
            self._line(self._change_line(change))
        if self.changes == FIRST_CHANGES:
            self._line(f"(of the level changes from here on, one in {THEN_ONE_IN} is shown; all are counted)")

    def _change_line(self, change: Mapping[str, Any]) -> str:
        before, after = (self.words.level(change["program"], change[side]) for side in ("before", "after"))
        why, at = WHY.get(change["why"], change["why"]), moment(change["occurred_at"])
        what = f"{before} -> {after}"
        if self.words.rise(change) == 0:
            # It is not known since when: the level is held since long.
            at, what = "", f"{after}, kept until {change['until'] or 'further notice'}"
            why = self.words.kept(change)
        return f"level {self.changes:>6,}  {at:>17}  member {change['member_id']}  {what} ({why})"

    def progress(self, orders_done: int, orders_total: int, grants: int, orders_per_second: float) -> None:
        self._end_row()
        step = PROGRESS_STEPS * orders_done // max(orders_total, 1)
        if step > self.steps_done:
            self.steps_done = step
            self._line(
                f"{step * 100 // PROGRESS_STEPS:>3} %  {orders_done:,} of {orders_total:,} orders, "
                f"{grants:,} grants, {orders_per_second:,.0f} orders/s"
            )

    def finish(self, summary: Summary) -> None:
        self._end_row()
        self.console.print(ending(summary, self.tally))

    def _end_row(self) -> None:
        """Prints the row in hand if it is one of those shown, the first ones and then one in many."""
        if self.row is None:
            return
        row, self.row = self.row, None
        self.rows += 1
        if self.rows <= FIRST_ROWS or self.rows % THEN_ONE_IN == 0:
            self._line(
                f"gift {self.rows:>6,}  {moment(row.grant['occurred_at']):>17}  member {row.grant['member_id']}  "
                f"{row.what(self.words)} <- {row.why(self.words)}"
            )
        if self.rows == FIRST_ROWS:
            self._line(f"(of the gifts from here on, one in {THEN_ONE_IN} is shown; all are counted)")

    def _line(self, line: str) -> None:
        self.console.print(shown(line), markup=False, highlight=False, soft_wrap=True)
