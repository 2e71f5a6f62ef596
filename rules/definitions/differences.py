"""What a version of a definition changes of the one before it, in words: who did what (spec 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rules.definitions.saved import Saved
from rules.times import at_utc

# Of one version; a value is shown up to so many characters.
SHOWN_MAX = 8
_VALUE_CHARACTERS = 60
_DID = {
    "save": "saved",
    "pause": "paused it as",
    "resume": "resumed it as",
    "archive": "archived it as",
    "bring_forward": "brought it forward as",
    "cancel": "cancelled what was scheduled by",
}


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """`field: before -> after` each, by the paths of the fields; what is in one only is said so."""
    return list(_of_mappings(before, after, ""))


def changed_fields(before: Mapping[str, object] | None, after: Mapping[str, object]) -> str:
    """The differences in a line: some of them, where they are many."""
    if before is None:
        return "new"
    found = differences(before, after)
    more = f"; and {len(found) - SHOWN_MAX} more" if len(found) > SHOWN_MAX else ""
    return "; ".join(found[:SHOWN_MAX]) + more


def told(saved: Saved, before: Mapping[str, object] | None) -> str:
    """Who saved a version, when, and what it changes of the document before it; None: there is none."""
    changed = f" ({changed_fields(before, saved.document)})" if saved.change == "save" else ""
    return f"{saved.saved_by or 'somebody'} {_DID[saved.change]} version {saved.version} at {at_utc(saved.saved_at_ms)}{changed}"


def _of_mappings(before: Mapping[str, object], after: Mapping[str, object], path: str) -> Iterator[str]:
    for name in {**before, **after}:
        yield from _of_values(before.get(name), after.get(name), f"{path}.{name}" if path else name)


def _of_values(before: object, after: object, path: str) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_mappings(before, after, path)
    elif _are_lists_of_mappings(before, after):
        assert isinstance(before, Sequence) and isinstance(after, Sequence)
        for place in range(max(len(before), len(after))):
            one, other = (each[place] if place < len(each) else None for each in (before, after))
            yield from _of_values(one, other, f"{path}[{place}]")
    elif before is None:
        yield f"{path}: {_shown(after)} added"
    elif after is None:
        yield f"{path}: {_shown(before)} removed"
    else:
        yield f"{path}: {_shown(before)} -> {_shown(after)}"


def _are_lists_of_mappings(*values: object) -> bool:
    return all(isinstance(value, list | tuple) and value and all(isinstance(each, Mapping) for each in value) for value in values)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _VALUE_CHARACTERS else text[: _VALUE_CHARACTERS - 1] + "…"
