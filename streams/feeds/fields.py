"""Fields of a feed's own shape, read as they were sent: what is of no right shape is left for the rules of spec 1.1 to refuse."""

from __future__ import annotations

from collections.abc import Mapping

from rules.documents.tolerant.fields import shown
from rules.documents.validity import InvalidDocument

_NONE: Mapping[str, str] = {}


def renamed(fields: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """Those of the fields that are given and have a name of ours (by theirs), under it."""
    return {ours: value for theirs, ours in names.items() if (value := fields.get(theirs)) is not None}


def given(fields: Mapping[str, object]) -> dict[str, object]:
    """Without what is null."""
    return {name: value for name, value in fields.items() if value is not None}


def translated(word: object, words: Mapping[str, str]) -> object:
    """A feed's word as ours. Our own are taken as well, and so is what nobody knows."""
    return words.get(word, word) if isinstance(word, str) else word


def each_renamed(listed: object, names: Mapping[str, str], word: str = "", words: Mapping[str, str] = _NONE) -> object:
    """Each object of a list with its fields under our names; what it has under `word`, translated."""
    if not isinstance(listed, list):
        return listed
    found: list[object] = []
    for each in listed:
        if isinstance(each, Mapping):
            each = renamed(each, names)
            if word in each:
                each[word] = translated(each[word], words)
        found.append(each)
    return found


def flag(fields: Mapping[str, object], name: str, pointer: str) -> bool:
    """Whether it is said, and true. Raises InvalidDocument, at the JSON Pointer of the fields."""
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return value is True
    raise InvalidDocument(f"{pointer}/{name}", f"expected true or false; got {shown(value)}")


def within(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object that stands in a field; empty where there is none. Raises InvalidDocument."""
    value = fields.get(name)
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise InvalidDocument(f"/{name}", f"expected an object; got {shown(value)}")
