"""Raw values of a definition file to a document of JSON's own types.

Gifts are copied into grants as they are written, so whatever is kept must be JSON. Codes, skus and ids are text, but an unquoted
22041 is a number to YAML: where only text is meant, a whole number becomes its digits. Nothing is guessed by that, for a
number is read as one only when its digits are how it would be written again.
"""

from __future__ import annotations

from collections.abc import Mapping

from tidemark.definitions.text import Unreadable

TEXT_FIELDS = frozenset({"code", "name", "coupon", "parent", "message"})
TEXT_LIST_FIELDS = frozenset(
    {"include", "exclude", "stores", "organizations", "programs", "coupons", "promotions", "mini_programs"}
)
DEPTH_MAX = 32
# Of a document, and of all that are loaded.
VALUES_MAX = 1_000_000
VALUES_IN_ALL_MAX = 4_000_000
# Of the texts of a document: the definitions topic takes no more.
CHARACTERS_MAX = 2**20


class PlainCopies:
    """Copies of raw documents in JSON's own types, with whole numbers as text where text is meant.

    Aliases of YAML are written out in a copy; what it holds is limited, so that they cannot grow without end.
    """

    def __init__(self) -> None:
        self._values_in_all = 0
        self._values = 0
        self._characters = 0

    def copy(self, document: Mapping[object, object]) -> dict[str, object]:
        """The copy of one. Raises Unreadable."""
        self._values = self._characters = 0
        plain = self._copy(document, "", 0)
        assert isinstance(plain, dict)
        return plain

    def _copy(self, value: object, field: str, depth: int) -> object:
        self._values += 1
        self._values_in_all += 1
        if self._values > VALUES_MAX or depth > DEPTH_MAX:
            raise Unreadable(f"is too large: at most {VALUES_MAX} values, {DEPTH_MAX} deep")
        if self._values_in_all > VALUES_IN_ALL_MAX:
            raise Unreadable(f"is too large with those before it: at most {VALUES_IN_ALL_MAX} values in all")
        if isinstance(value, str):
            self._characters += len(value)
            if self._characters > CHARACTERS_MAX:
                raise Unreadable(f"is too large: at most {CHARACTERS_MAX} characters in its texts")
        if isinstance(value, Mapping):
            return {_name(name): self._copy(held, _name(name), depth + 1) for name, held in value.items()}
        if isinstance(value, list):
            return [self._copy(_texted(item, field in TEXT_LIST_FIELDS), "", depth + 1) for item in value]
        if value is None or isinstance(value, bool | int | float | str):
            return _texted(value, field in TEXT_FIELDS)
        raise Unreadable(f"{field or 'an entry'} holds a {type(value).__name__}, which JSON does not know: put it in quotes")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise Unreadable(f"the name of a field must be text, got {name!r}: put it in quotes")
    return name


def _texted(value: object, is_text_meant: bool) -> object:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_text_meant and is_number else value
