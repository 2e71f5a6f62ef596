"""Where Tidemark stands beside its peers, in words that come of the measured ratios alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.beside import COMPILED, OURS, Beside, beside_table
from benchmarks.engines import IN_HASH_MAP, IN_MEMORY, ONE_SUM, PROMPT, ROCKSDB, STOCK_FAUST
from benchmarks.figures import Spread, Table

# In the order in which they matter: first who does the same work.
PEERS = {
    "The same rules in Kafka Streams, exactly once": (IN_MEMORY, PROMPT, IN_HASH_MAP, ROCKSDB),
    "One sum in Kafka Streams, at least once": (ONE_SUM,),
    "One sum in stock Faust": (STOCK_FAUST,),
}
HOW = (
    "Ours divided by the peer's, round by round: the median and the range. *Ahead* or *behind* is what every round says, by more than "
    "3%; else *level*. Of orders/s more is better, of everything else less."
)


def kept(results: Mapping[str, Mapping[str, Any]]) -> list[Beside]:
    """The ratios of all sections, as the results keep them."""
    rows = [row for result in results.values() for row in result.get("beside", ())]
    return [Beside(figure, ours, peer, Spread(*ratio), more, digits) for figure, ours, peer, ratio, more, digits in rows]


def standing(results: Mapping[str, Mapping[str, Any]]) -> Iterator[str | Table]:
    """Lines and tables, a part for each kind of peer: first in a sentence where we are behind, then every ratio."""
    found = kept(results)
    if not found:
        return
    yield f"\n## Where it stands\n\n{HOW}"
    for title, engines in PEERS.items():
        of_kind = [each for engine in engines for each in found if each.peer == engine.name]
        if of_kind:
            yield f"\n### {title}\n"
            for peer in dict.fromkeys(each.peer for each in of_kind):
                for ours in OURS:
                    yield from _sentence(ours, peer, [each for each in of_kind if (each.ours, each.peer) == (ours, peer)])
            yield beside_table("Ratios", of_kind)
    notes = [note for result in results.values() for note in result.get("notes", ())]
    if notes:
        yield "\n### Not in these tables\n"
        yield from (f"- {note}." for note in notes)


def _sentence(ours: str, peer: str, found: Sequence[Beside]) -> Iterator[str]:
    """What is behind, level and ahead; nothing of what was not measured."""
    if not found:
        return
    parts = [f"**behind** in {_listed(found, 'behind') or 'nothing'}"]
    parts += [f"{word} in {listed}" for word in ("level", "ahead") if (listed := _listed(found, word))]
    yield f"- Beside *{peer}*, Tidemark {'compiled' if ours == COMPILED else f'in {ours}'} is {'; '.join(parts)}."


def _listed(found: Sequence[Beside], word: str) -> str:
    return ", ".join(f"{each.figure} ({each.ratio.middle:,.{each.digits}f})" for each in found if each.word() == word)
