"""The fields of one JSON object, read as tolerantly as what they mean allows (spec 1.1). Null is left out, everywhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import NoReturn

from rules.documents.fields import MAX_AMOUNT, MAX_ID_CHARACTERS
from rules.documents.tolerant.numbers import digits, thousandths, whole
from rules.documents.tolerant.times import NoTime, read_time
from rules.documents.validity import InvalidDocument

_SHOWN_CHARACTERS = 60
# A field, and a word in it that we do not know.
UnknownWord = tuple[str, str]


class Fields:
    """One object of a document, at a JSON Pointer (RFC 6901; "" for the document itself). Whatever is wrong raises InvalidDocument."""

    __slots__ = ("_pointer", "_unknown", "_values", "_zone")

    def __init__(self, values: Mapping[str, object], pointer: str, zone: tzinfo | None, unknown: list[UnknownWord]) -> None:
        """`zone`: of times without an offset; None: they are invalid. `unknown`: where words are put that we do not know."""
        self._values = values
        self._pointer = pointer
        self._zone = zone
        self._unknown = unknown

    def id(self, name: str, most: int = MAX_ID_CHARACTERS) -> str:
        """An id: text of at most so many characters, or a whole number, which is its digits."""
        found = self.id_or_none(name, most=most)
        if found is None:
            self.wrong(name, "text or a whole number")
        return found

    def id_or_none(self, name: str, empty: bool = False, most: int = MAX_ID_CHARACTERS) -> str | None:
        """An id that may be left out. `empty`: or be empty text, which is the same."""
        value = self._values.get(name)
        if value is None or (empty and value == ""):
            return None
        return _id(value, most) or self.wrong(name, f"text of 1 to {most} characters, or a whole number")

    def receipt_part(self, name: str) -> str | int | None:
        """What a till numbers by: text or a whole number, as it is; empty text is left out."""
        value = self._values.get(name)
        number = whole(value)
        return number if number is not None and digits(value) else self.id_or_none(name, empty=True)

    def text(self, name: str) -> str:
        """Text of any kind, that must be there."""
        value = self._values.get(name)
        return value if isinstance(value, str) and _is_unicode(value) else self.wrong(name, "text")

    def line_or_none(self, name: str) -> str | None:
        """Text of one line, which may be left out, or be empty; a whole number is its digits."""
        return "" if self._values.get(name) == "" else self.id_or_none(name)

    def matching_or_none(self, name: str, pattern: str, expected: str) -> str | None:
        """Text of a pattern, that may be left out."""
        value = self._values.get(name)
        if value is None:
            return None
        return value if isinstance(value, str) and re.search(pattern, value) is not None else self.wrong(name, expected)

    def amount(self, name: str, default: int | None = None, least: int = 0) -> int:
        """An amount in minor units, a whole number; `default` where it may be left out."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        found = whole(value)
        if found is None or not least <= found <= MAX_AMOUNT:
            self.wrong(name, f"a whole number of minor units, from {least} to {MAX_AMOUNT}")
        return found

    def amount_or_none(self, name: str, least: int) -> int | None:
        """An amount that may be left out."""
        return None if self._values.get(name) is None else self.amount(name, least=least)

    def amount_if_any(self, name: str) -> int:
        """An amount that is not looked at; 0 where it is none."""
        found = whole(self._values.get(name))
        return 0 if found is None or abs(found) > MAX_AMOUNT else found

    def count_or_none(self, name: str, most: int) -> int | None:
        """A whole number from 1 on, that may be left out."""
        value = self._values.get(name)
        found = whole(value)
        if value is not None and (found is None or not 1 <= found <= most):
            self.wrong(name, f"a whole number from 1 to {most}")
        return found

    def thousandths(self, name: str) -> int:
        """A quantity, in thousandths."""
        found = thousandths(self._values.get(name))
        return found if found is not None else self.wrong(name, "a whole number, or a number or text of up to 3 decimals")

    def time(self, name: str) -> datetime:
        """A time, cut off to the microsecond."""
        return self.time_or_none(name) or self.wrong(name, "a time")

    def time_or_none(self, name: str) -> datetime | None:
        """A time that may be left out."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.wrong(name, "a time, as text")
        try:
            return read_time(value, self._zone)
        except NoTime as error:
            self.wrong(name, str(error))

    def flag(self, name: str) -> bool:
        """True or false; left out, it is false."""
        value = self._values.get(name)
        return value if isinstance(value, bool) else value is not None and self.wrong(name, "true or false")

    def flag_or_none(self, name: str) -> bool | None:
        """True or false, which may be left out."""
        return None if self._values.get(name) is None else self.flag(name)

    def one_of(self, name: str, known: Mapping[str, str]) -> str:
        """One of the words that we know, and what we call it."""
        value = self._values.get(name)
        found = known.get(value) if isinstance(value, str) else None
        return found if found is not None else self.wrong(name, f"one of {', '.join(known)}")

    def word(self, name: str, known: Collection[str]) -> str | None:
        """A word, which is given back where it is one that we know; anything else is noted, and None. Left out, it is None as well."""
        value = self._values.get(name)
        if isinstance(value, str) and value in known:
            return value
        if value is not None and value != "":
            self._unknown.append((name, value if isinstance(value, str) and _is_unicode(value) else shown(value)))
        return None

    def words(self, name: str) -> list[str]:
        """A list of codes or names, each text or a whole number, which is its digits; empty where it is left out."""
        found = []
        for place, value in self._list(name):
            word = value if isinstance(value, str) else digits(value)
            if word is None or not _is_unicode(word):
                self._wrong_item(name, place, value, "text or a whole number")
            if word:
                found.append(word)
        return found

    def ids(self, name: str, most: int) -> list[str]:
        """A list of ids; what is empty is left out. `most`: of the entries."""
        found = []
        for place, value in self._list(name):
            if place >= most:
                self.wrong(name, f"at most {most} entries")
            if value != "":
                found.append(_id(value) or self._wrong_item(name, place, value, "an id"))
        return found

    def ids_by_name(self, name: str, most: int) -> dict[str, str]:
        """An object of ids, that must be there; `most`: of its fields."""
        values = self._values[name]
        if not isinstance(values, Mapping) or len(values) > most:
            self.wrong(name, f"an object of at most {most} fields")
        found = {}
        for key, value in values.items():
            if _id(key) is None:
                self.wrong(name, f"names of 1 to {MAX_ID_CHARACTERS} characters")
            if value is not None:
                at = key.replace("~", "~0").replace("/", "~1")
                found[key] = _id(value) or self._wrong_item(name, at, value, "an id")
        return found

    def object_or_none(self, name: str) -> Fields | None:
        """An object that may be left out."""
        value = self._values.get(name)
        if value is None:
            return None
        return self._item(name, None, value) if isinstance(value, Mapping) else self.wrong(name, "an object")

    def ids_or_objects(self, name: str) -> list[str | Fields]:
        """A list of ids and objects; empty where it is left out."""
        found: list[str | Fields] = []
        for place, value in self._list(name):
            if isinstance(value, Mapping):
                found.append(self._item(name, place, value))
            else:
                found.append(_id(value) or self._wrong_item(name, place, value, "an id or an object"))
        return found

    def objects(self, name: str) -> list[Fields]:
        """The objects of a list; empty where it is left out."""
        found = []
        for place, value in self._list(name):
            if not isinstance(value, Mapping):
                self._wrong_item(name, place, value, "an object")
            found.append(self._item(name, place, value))
        return found

    def has(self, name: str) -> bool:
        """Whether it is there, and not null."""
        return self._values.get(name) is not None

    def wrong(self, name: str, expected: str) -> NoReturn:
        """Says what was expected of a field, and what came."""
        value = self._values.get(name)
        came = "it is missing" if value is None else f"got {shown(value)}"
        raise InvalidDocument(f"{self._pointer}/{name}", f"expected {expected}; {came}")

    def _item(self, name: str, place: int | None, value: Mapping[str, object]) -> Fields:
        at = f"{self._pointer}/{name}" if place is None else f"{self._pointer}/{name}/{place}"
        return Fields(value, at, self._zone, self._unknown)

    def _wrong_item(self, name: str, place: int | str, value: object, expected: str) -> NoReturn:
        raise InvalidDocument(f"{self._pointer}/{name}/{place}", f"expected {expected}; got {shown(value)}")

    def _list(self, name: str) -> Iterator[tuple[int, object]]:
        value = self._values.get(name)
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self.wrong(name, "a list")
        for place, item in enumerate(value):
            if item is not None:
                yield place, item


def shown(value: object) -> str:
    """A value as a message shows it: as its sender knows it, and short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and not value.is_finite():
        return "a number out of all range"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and abs(value) >= 10**_SHOWN_CHARACTERS:
        return "a very large number"
    text = str(value) if isinstance(value, int | float | Decimal) else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _id(value: object, most: int = MAX_ID_CHARACTERS) -> str | None:
    if not isinstance(value, str):
        return digits(value)
    return value if 0 < len(value) <= most and _is_unicode(value) else None


def _is_unicode(text: str) -> bool:
    """Whether it can be written: half of a surrogate pair can not."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
