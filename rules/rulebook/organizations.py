"""Which organizations have a store: itself, or through those below them (spec 1.8), as a table for each time between two changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from rules.rulebook.compiled.organization import CompiledOrganization
from rules.state import ALWAYS_MS

# Tables kept, of the times that were asked for last. Late orders are of a few weeks, and organizations seldom change.
TABLES_MAX = 32

OrganizationVersions = Mapping[str, Sequence[CompiledOrganization]]
StoreTable = Mapping[str, frozenset[str]]


class Organizations:
    """All versions of all organizations."""

    def __init__(self, versions: OrganizationVersions) -> None:
        """`versions`: by code, oldest first, one at least."""
        self._versions = versions
        times = {version.holds_from_ms for chain in versions.values() for version in chain} - {ALWAYS_MS}
        # Every time at which one of them changes, ascending.
        self.boundaries = sorted(times)
        self._tables: dict[int, StoreTable] = {}

    def with_these(self, versions: OrganizationVersions) -> Organizations:
        """Those of these versions: these ones, with their tables, where they are the same."""
        same = versions.keys() == self._versions.keys() and all(chain is self._versions[code] for code, chain in versions.items())
        return self if same else Organizations(versions)

    def of_stores(self, at_ms: int) -> StoreTable:
        """By store that one of them has, the codes of those that have it at a time."""
        segment = bisect_right(self.boundaries, at_ms)
        found = self._tables.get(segment)
        if found is None:
            if len(self._tables) >= TABLES_MAX:
                del self._tables[next(iter(self._tables))]
            found = self._tables[segment] = self._table(at_ms)
        return found

    def _table(self, at_ms: int) -> StoreTable:
        holding: dict[str, CompiledOrganization] = {}
        for code, chain in self._versions.items():
            version = next((each for each in reversed(chain) if each.holds_from_ms <= at_ms), None)
            if version is not None:
                holding[code] = version
        above: dict[str, frozenset[str]] = {}
        table: dict[str, frozenset[str]] = {}
        for code, organization in holding.items():
            having = _with_those_above(code, holding, above)
            for store_id in organization.stores:
                others = table.get(store_id)
                table[store_id] = having if others is None else others | having
        return table


def _with_those_above(code: str, holding: Mapping[str, CompiledOrganization], known: dict[str, frozenset[str]]) -> frozenset[str]:
    """The organization and all above it; each is looked at once, since `known` keeps the answers. A circle ends where it began."""
    way: list[str] = []
    at: str | None = code
    while at is not None and at in holding and at not in known and at not in way:
        way.append(at)
        at = holding[at].parent
    if at in way:
        # Those of a circle have each other.
        circle = frozenset(way[way.index(at) :])
        for each in circle:
            known[each] = circle
        del way[way.index(at) :]
    found = known.get(at, frozenset()) if at is not None else frozenset[str]()
    for each in reversed(way):
        found = known[each] = found | {each}
    return known[code]
