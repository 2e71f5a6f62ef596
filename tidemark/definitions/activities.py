"""Activities as `tidemark activity` shows them: rows, of what stands on the definitions topic (spec 2.5, 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from rules.definitions.differences import changed_fields
from rules.definitions.kinds import ACTIVITY
from rules.rulebook.chains import Chain, Standing
from rules.rulebook.life import shown
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from rules.times import at_utc


class Row(Struct):
    """An activity. `version`: of the newest, which holds from `holds_from` on; null: from ever. `shown`: draft, scheduled, running, …"""

    code: str
    type: str
    name: str
    shown: str
    version: int
    holds_from: str | None
    starts_at: object
    ends_at: object


class Described(Struct):
    """A version of an activity, with all that it says."""

    code: str
    version: int
    change: str
    state: str
    shown: str
    saved_at: str
    saved_by: str
    holds_from: str | None
    document: dict[str, object]


class Past(Struct):
    """A version in the history of an activity: `changed` are the fields, before -> after. `left_out`: why it is not judged by."""

    version: int
    change: str
    state: str | None
    saved_at: str
    saved_by: str
    changed: str
    left_out: str | None = None


class Missing(NamedTuple):
    """Words that there is no such activity, or version."""

    said: str


def rows(rulebook: Rulebook, now_ms: int) -> list[Row]:
    """All activities, by code."""
    newest = (chain.newest for chain in rulebook.chains())
    found = [_row(each, now_ms) for each in newest if each is not None and each.saved.kind == ACTIVITY]
    return sorted(found, key=lambda row: row.code)


def _row(newest: Standing, now_ms: int) -> Row:
    document = newest.document
    return Row(
        code=newest.saved.code,
        type=newest.kind.name,
        name=str(document["name"]),
        shown=shown(newest, now_ms),
        version=newest.saved.version,
        holds_from=_since(newest.from_ms),
        starts_at=document.get("starts_at"),
        ends_at=document.get("ends_at"),
    )


def described(rulebook: Rulebook, code: str, version: int | None, now_ms: int) -> Described | Missing:
    """A version of an activity; the newest, where none is asked for."""
    chain = rulebook.chain(ACTIVITY, code)
    if chain is None or chain.newest is None:
        return Missing(f"there is no activity {code!r}; `tidemark activity list` lists them")
    wanted = chain.newest if version is None else _of_version(chain, version)
    if wanted is None:
        return Missing(f"activity {code!r} has no version {version}; `tidemark activity history {code}` lists them")
    saved = wanted.saved
    return Described(
        code=code,
        version=saved.version,
        change=saved.change,
        state=wanted.state,
        shown=shown(wanted, now_ms),
        saved_at=at_utc(saved.saved_at_ms),
        saved_by=saved.saved_by,
        holds_from=_since(wanted.from_ms),
        document=wanted.document,
    )


def history(rulebook: Rulebook, code: str) -> Sequence[Past] | Missing:
    """Every version of an activity, oldest first."""
    chain = rulebook.chain(ACTIVITY, code)
    if chain is None:
        return Missing(f"there is no activity {code!r}; `tidemark activity list` lists them")
    standing = {each.ref: each for each in chain.standing}
    faults = {each.ref: each.fault for each in chain.left_out}
    found: list[Past] = []
    before: dict[str, object] | None = None
    for version in chain.versions:
        saved, stands = version.saved, standing.get(version.ref)
        changed = "" if stands is None or saved.change != "save" else changed_fields(before, stands.document)
        state = None if stands is None else stands.state
        found.append(
            Past(saved.version, saved.change, state, at_utc(saved.saved_at_ms), saved.saved_by, changed, faults.get(version.ref))
        )
        before = before if stands is None else stands.document
    return found


def _of_version(chain: Chain, version: int) -> Standing | None:
    return next((each for each in chain.standing if each.saved.version == version), None)


def _since(from_ms: int) -> str | None:
    return None if from_ms == ALWAYS_MS else at_utc(from_ms)
