"""The JSON Schemas of a segment and of a schedule, which are objects of many shapes (spec 2.9, 5)."""

from __future__ import annotations

from typing import Any

from rules.bulk.schedule import WEEKDAYS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_ID: Schema = {"anyOf": [_TEXT, {"type": "integer"}]}
_TIME: Schema = {"type": "string", "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_CLOCK: Schema = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}


def segment_schema(ref: str) -> Schema:
    """`ref`: where it stands itself, as parts of a segment are segments."""
    inner: Schema = {"$ref": ref}
    of_several: Schema = {"type": "array", "items": inner, "minItems": 1}
    numbers = _bounds({"at_least": _COUNT, "below": _COUNT})
    channel: Schema = {"enum": ["pos", "online"]}
    month: Schema = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 12}, {"const": "current"}]}
    predicates: dict[str, Schema] = {
        "all": of_several,
        "any": of_several,
        "not": inner,
        "program": _one_or_list(_TEXT),
        "level": _one_or_list({"type": "string", "pattern": "^[^/]+/[^/]+$"}),
        "tag": _one_or_list(_ID),
        "registered": _bounds({"since": _TIME, "before": _TIME}),
        "registered_channel": _one_or_list(channel),
        "channel": _one_or_list(channel),
        "birthday_month": _one_or_list(month),
        "spent": _bounds({"at_least": _COUNT, "below": _COUNT}, program=_TEXT),
        "orders": numbers,
        "days_since_last_order": numbers,
        "members": _one_or_list(_ID),
        "saved": _one_or_list(_TEXT),
    }
    one_key = {"type": "object", "properties": predicates, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
    return {"description": "Who is meant: all, or an object with one key.", "anyOf": [{"const": "all"}, one_key]}


def schedule_schema() -> Schema:
    """Once, or in every day, week or month."""
    return {
        "anyOf": [
            _object({"at": _TIME}),
            _object({"every": {"const": "day"}, "at": _CLOCK}),
            _object({"every": {"const": "week"}, "at": _CLOCK, "on": {"enum": list(WEEKDAYS)}}),
            _object({"every": {"const": "month"}, "at": _CLOCK, "on": {"type": "integer", "minimum": 1, "maximum": 31}}),
        ]
    }


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _one_or_list(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _bounds(bounds: Schema, **more: Schema) -> Schema:
    """An object with some of these bounds, one at least."""
    required = [{"required": [name]} for name in bounds]
    return {"type": "object", "properties": bounds | more, "additionalProperties": False, "anyOf": required}
