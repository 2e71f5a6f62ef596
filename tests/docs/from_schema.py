"""Documents made from a JSON Schema, at random, and told whether they are of it; numbers by their digits, as they are written."""

from __future__ import annotations

import json
import random
import re
from decimal import Decimal
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

Schema = dict[str, Any]

_encode = msgspec.json.Encoder(decimal_format="number").encode
_TEXTS = ["", "x", "5", "-", "é🎁", "a-b", "x" * 20, " ", "2024-01-01", "a-b-2024-01-01-7"]
_ANYTHING: list[Any] = [None, True, 0, -7, Decimal("1.5"), "x", "", [], [1, None], {}, {"a": {"b": [2]}}]
# Of texts with a pattern: each is one of these.
_PATTERNED = [
    *(
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999-23:59",
        "2024-02-29t12:00+01",
        "2023-02-28 12:00:00,5+0100",
        "2000-02-29T00:00Z",
    ),
    *("2024-01-31T23:59:59.123456+00:00", "1970-04-30T01:02:03z", "2024-12-31T12:00:00+14:00"),
    *("1990-03-08", "02-29", "2000-02-29", "12-31", ""),
    *("0.350", "12", "000000001", "-0.000", "999999999.999", "-1", "-0.350", "-000000007", "-0.001"),
]
_MOST_DIGITS = 100
# Of what a list or an object is given besides.
_MOST = 3


def validator(schema_text: str) -> Draft202012Validator:
    """Of a schema; with its numbers by their digits, as those of the documents are."""
    return Draft202012Validator(parsed(schema_text))


def parsed(text: str | bytes) -> Any:
    """JSON, with its numbers by their digits; 1.0 is whole, as JSON Schema has it."""
    return json.loads(text, parse_float=_number)


def _number(digits: str) -> int | Decimal:
    number = Decimal(digits)
    return int(number) if number.adjusted() < _MOST_DIGITS and number == number.to_integral_value() else number


def written(document: Any) -> bytes:
    """As JSON."""
    return _encode(document)


class Maker:
    """Makes what a schema describes, of the words of JSON Schema that ours are made of."""

    def __init__(self, schema: Schema, rng: random.Random) -> None:
        self._definitions = schema.get("$defs", {})
        self._rng = rng

    def make(self, schema: Schema) -> Any:
        """One of them."""
        if "$ref" in schema:
            return self.make(self._definitions[schema["$ref"].rpartition("/")[2]])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._rng.choice(schema["enum"])
        schema = {name: each for name, each in schema.items() if name not in ("$defs", "description")}
        alone = "type" not in schema and "properties" not in schema
        if alone and "anyOf" in schema:
            return self.make(self._rng.choice(schema["anyOf"]))
        rest = {"not", "anyOf", "allOf", "if", "then"} & schema.keys()
        is_valid = Draft202012Validator(schema | {"$defs": self._definitions}).is_valid if rest else None
        while True:
            found = self._rng.choice(_ANYTHING) if alone else self._of_type(schema)
            if is_valid is None or is_valid(found):
                return found

    def _of_type(self, schema: Schema) -> Any:
        kind = schema.get("type", "object")
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            found = [self.make(schema["items"]) for _ in range(self._rng.randint(int(schema.get("minItems", 0)), _MOST))]
            if "contains" in schema:
                found.insert(self._rng.randint(0, len(found)), self.make(schema["contains"]))
            return found
        if kind == "string":
            return self._text(schema)
        if kind in ("integer", "number"):
            return self._number(schema)
        return None if kind == "null" else self._rng.random() < 0.5

    def _object(self, schema: Schema) -> Any:
        required = schema.get("required", ())
        fields = {name: each for name, each in schema.get("properties", {}).items() if name in required or self._rng.random() < 0.5}
        more = schema.get("additionalProperties")
        names = ("printer", "note") if more is None else ("a", "b c", "x" * 256)
        found = {
            name: self._rng.choice(_ANYTHING) if more is None else self.make(more) for name in names if self._rng.random() < 0.2
        }
        return found | {name: self.make(each) for name, each in fields.items()}

    def _text(self, schema: Schema) -> str:
        if "pattern" in schema:
            return self._rng.choice([text for text in _PATTERNED if re.search(schema["pattern"], text)])
        least, most = schema.get("minLength", 0), schema.get("maxLength", 300)
        return self._rng.choice([text for text in [*_TEXTS, "x" * most] if least <= len(text) <= most])

    def _number(self, schema: Schema) -> Any:
        """A number as it may be written: 5, 5.0, 1e2."""
        if schema["type"] == "number":
            unit = Decimal(str(schema["multipleOf"]))
            counts = (int(Decimal(bound) / unit) for bound in (schema["minimum"], schema.get("maximum", -unit)))
            return self._between(*counts) * unit
        number = self._between(schema["minimum"], schema["maximum"])
        ways: list[Any] = [number, Decimal(f"{number}.0")]
        if number and number % 100 == 0:
            ways.append(Decimal(f"{number // 100}e2"))
        return self._rng.choice(ways)

    def _between(self, least: int, most: int) -> int:
        return self._rng.choice([least, most, max(least, min(most, self._rng.randint(-2000, 2000)))])
