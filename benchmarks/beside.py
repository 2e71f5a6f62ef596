"""A figure of ours beside a peer's, as a ratio, and whether we are ahead: said by the rounds, never by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from benchmarks.figures import Spread, Table, ratios

PURE = "pure Python"
COMPILED = "compiled"
OURS = (PURE, COMPILED)
Run = TypeVar("Run")
# Nearer to each other than this, nobody is ahead.
LEVEL = 0.03


class Beside(NamedTuple):
    """Ours divided by the peer's, round by round; `peer` as tables name it."""

    figure: str
    ours: str
    peer: str
    ratio: Spread
    more_is_better: bool
    digits: int

    def word(self) -> str:
        """Ahead or behind where all rounds say so and by more than LEVEL; else level."""
        middle, least, most = self.ratio
        if least <= 1 <= most or abs(middle - 1) <= LEVEL:
            return "level"
        return "ahead" if (middle > 1) == self.more_is_better else "behind"

    def text(self) -> str:
        """The ratio and the word for it; what is behind stands out."""
        word = self.word()
        return f"{self.ratio.text(self.digits)}, {f'**{word}**' if word == 'behind' else word}"


@dataclass(frozen=True)
class Figure(Generic[Run]):
    """A figure of a run that is compared."""

    name: str
    of: Callable[[Run], float]
    more_is_better: bool
    digits: int = 2

    def beside(self, ours: str, our_runs: Sequence[Run], peer: str, peer_runs: Sequence[Run]) -> Beside:
        """Both sides' runs, a round each."""
        ratio = ratios([self.of(run) for run in our_runs], [self.of(run) for run in peer_runs])
        return Beside(self.name, ours, peer, ratio, self.more_is_better, self.digits)


def beside_table(title: str, found: Sequence[Beside]) -> Table:
    """A row a figure and peer, a column for each of ours."""
    cells = {(each.figure, each.peer, each.ours): each.text() for each in found}
    ours = [each for each in OURS if any(each == other.ours for other in found)]
    rows = [
        [figure, peer, *(cells.get((figure, peer, each), "not measured") for each in ours)]
        for figure, peer in dict.fromkeys((each.figure, each.peer) for each in found)
    ]
    return Table(title, ["Tidemark's", "beside", *ours], rows)
