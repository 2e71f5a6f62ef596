"""Definitions changed, one change after the other: what each makes of what is there, or why it may not be made (spec 2.5, 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from rules.definitions.checking.check import check_one
from rules.definitions.differences import told
from rules.definitions.kinds import KINDS, without_nulls
from rules.definitions.saved import OF_SCHEDULED, STATE_AFTER, Saved
from rules.documents.change import Change
from rules.refused import Refused
from rules.rulebook.chains import ARCHIVED, NOT_SCHEDULED, Chain, Standing, scheduled
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS
from rules.times import epoch_us

# Versions that came in between, and are told of at once.
_TOLD_MAX = 3


class Changes:
    """All versions of a set of definitions that nobody else changes, and the rulebook of them."""

    def __init__(self, saved: Iterable[tuple[int, Saved]], closes_after_ms: int = NEVER_MS) -> None:
        """`saved`: the versions that are there, with their refs 0, 1, …; `closes_after_ms`: see Rulebook."""
        self._saved = list(saved)
        self._closes_after_ms = closes_after_ms
        self.rulebook = Rulebook(self._saved, closes_after_ms=closes_after_ms)

    def make(self, change: Change, saved_us: int) -> Saved | None:
        """Makes a change, which is saved at a time (epoch us); None where nothing changes. Raises Refused."""
        ref = len(self._saved)
        saved = next_version(change, self.rulebook, saved_us)
        if saved is None:
            return None
        check_references(saved.document, self.rulebook)
        self.rulebook = with_versions([*self._saved, (ref, saved)], {ref}, self.rulebook, self._closes_after_ms)
        self._saved.append((ref, saved))
        return saved


def next_version(change: Change, rulebook: Rulebook, saved_us: int) -> Saved | None:
    """The version that a change would be, saved at a time (epoch us); None where nothing changes. Raises Refused: `conflict` where it
    names another version than the next, `invalid` where there is nothing to change.
    """
    chain = rulebook.chain(change.kind, change.code)
    if change.kind not in KINDS:
        raise Refused("invalid", f"expected one of {', '.join(KINDS)}; got {change.kind!r}", "/kind")
    newest = None if chain is None else chain.newest
    is_other = newest is None or _is_other(change, newest)
    scheduled_us = None if newest is None else newest.scheduled_until(saved_us)
    if newest is not None and newest.state == "archived" and is_other:
        raise Refused("invalid", ARCHIVED, "/change")
    number = 1 if chain is None else chain.next_version
    if change.version is not None and change.version != number:
        raise Refused("conflict", _came_first(change.version, number, chain), "/version")
    if change.change != "save" and newest is None:
        raise Refused(
            "invalid", f"there is no {change.kind} with the code {change.code!r} to {change.change.replace('_', ' ')}", "/code"
        )
    if not is_other:
        return None
    if scheduled_us is None and change.change in OF_SCHEDULED:
        raise Refused("invalid", f"{change.kind} {change.code!r}: {NOT_SCHEDULED}", "/change")
    if scheduled_us is not None and change.change not in OF_SCHEDULED:
        raise Refused("invalid", f"{change.kind} {change.code!r}: {scheduled(scheduled_us)}", "/change")
    return Saved(
        kind=change.kind,
        code=change.code,
        version=number,
        saved_at_ms=saved_us // 1000,
        finer_us=saved_us % 1000,
        saved_by=change.saved_by,
        change=change.change,
        document=change.document,
        existing_us=None if change.existing_at is None or newest is None else epoch_us(change.existing_at),
    )


def _is_other(change: Change, newest: Standing) -> bool:
    """Whether a change would leave something else than there is."""
    if change.change in OF_SCHEDULED:
        return True
    if change.change != "save":
        return STATE_AFTER[change.change] != newest.state
    return without_nulls(change.document) != without_nulls(newest.document)


def with_versions(
    saved: Sequence[tuple[int, Saved]], refs: Collection[int], before: Rulebook, closes_after_ms: int = NEVER_MS
) -> Rulebook:
    """The rulebook with further versions, which are those of `refs`. Raises Refused where workers would leave one of them out: it is
    unsound, or changes what must stay.
    """
    rulebook = Rulebook(saved, before, closes_after_ms)
    for left_out in rulebook.left_out:
        if left_out.ref in refs:
            raise Refused("invalid", f"{left_out.saved.name}: {left_out.fault}")
    return rulebook


def check_references(document: Mapping[str, object], rulebook: Rulebook) -> None:
    """Raises Refused where what is saved is not sound among the other definitions (see `tidemark check`); empty: nothing is saved."""
    if not document:
        return
    standing = (chain.newest for chain in rulebook.chains())
    key = (document.get("kind"), document.get("code"))
    others = [
        (each.document, each.definition) for each in standing if each is not None and (each.saved.kind, each.saved.code) != key
    ]
    problems = [each for each in check_one(document, others) if not each.warning]
    if problems:
        said = "; ".join(f"{each.field}: {each.message}" if each.field else each.message for each in problems[:_TOLD_MAX])
        more = f"; and {len(problems) - _TOLD_MAX} more" if len(problems) > _TOLD_MAX else ""
        raise Refused("invalid", said + more, "/document")


def _came_first(named: int, number: int, chain: Chain | None) -> str:
    """That a version is not the next: what there is in its place."""
    if chain is None or named > number:
        return f"version {named} is named, and the next is {number}"
    between = [each for each in versions_told(chain) if each[0] >= named]
    more = f"; and {len(between) - _TOLD_MAX} more" if len(between) > _TOLD_MAX else ""
    said = "; ".join(text for _, text in between[:_TOLD_MAX])
    return f"{said}{more}. Look at it, and name version {number} to save over it"


def versions_told(chain: Chain) -> list[tuple[int, str]]:
    """Of each version that stands its number, and who saved it, when, and what it changed."""
    found = []
    before: Mapping[str, object] | None = None
    for each in chain.standing:
        found.append((each.saved.version, told(each.saved, before)))
        before = each.document
    return found
