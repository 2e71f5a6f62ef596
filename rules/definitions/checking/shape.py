"""Every way in which a raw document differs from a definition's shape.

msgspec stops at the first difference and names it by its own terms; whoever mends a definition wants all of them, in plain
words. The shapes themselves stay with the Structs of `rules.definitions`: they are read from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import msgspec
from msgspec import inspect

from rules.definitions import fields
from rules.definitions.checking.fault import Fault, listed, meant, shown, under


def _pattern(annotated: Any) -> str:
    text = inspect.type_info(annotated)
    assert isinstance(text, inspect.StrType)
    assert text.pattern is not None
    return text.pattern


_WORDS_OF_PATTERN = {
    _pattern(fields.Code): "a code of 1 to 128 characters without '/', not starting with '*'",
    _pattern(fields.MonthDay): "a day of a year, such as '03-08'",
    _pattern(fields.Currency): "a currency of ISO 4217 such as 'GBP'",
}
# Of one document; nobody mends more at once.
FAULTS_MAX = 200
A_TIME = "a time with an offset, such as 2010-12-01T00:00:00+00:00"


@cache
def _shape(of: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(of)


def shape_faults(document: Mapping[str, object], of: type[msgspec.Struct], path: str = "") -> list[Fault]:
    """The differences (of very many, the first) between a document without nulls and a Struct. None: msgspec converts it."""
    found = list(islice(_faults(document, _shape(of), path), FAULTS_MAX))
    if not found:
        try:
            msgspec.convert(document, of)
        except msgspec.ValidationError as error:
            found.append(Fault(path, str(error)))
    return found


def _faults(value: object, shape: inspect.Type, path: str) -> Iterator[Fault]:
    check = _CHECKS.get(type(shape))
    if check is not None:
        yield from check(value, shape, path)


def _struct(value: object, shape: inspect.StructType, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")
        return
    own = {field.encode_name: field for field in shape.fields}
    known = [*own, shape.tag_field] if shape.tag_field else list(own)
    for name, held in value.items():
        if name in own:
            yield from _faults(held, own[name].type, under(path, name))
        elif name not in known:
            hint = meant(str(name), known) or f"; there are {listed(known, 'and')}"
            yield Fault(under(path, str(name)), f"is not a field here{hint}")
    for name, field in own.items():
        if field.required and name not in value:
            yield Fault(under(path, name), f"is required: expected {_expected(field.type)}")


def _union(value: object, shape: inspect.UnionType, path: str) -> Iterator[Fault]:
    structs = [kind for kind in shape.types if isinstance(kind, inspect.StructType)]
    if isinstance(value, Mapping) and len(structs) > 1:
        yield from _tagged(value, structs, path)
        return
    kinds = [kind for kind in shape.types if not isinstance(kind, inspect.NoneType)]
    for kind in kinds:
        if len(kinds) == 1 or _is_like(value, kind):
            yield from _faults(value, kind, path)
            return
    yield Fault(path, f"expected {_expected(shape)}, got {_got(value, shape)}")


def _tagged(value: Mapping[str, object], structs: list[inspect.StructType], path: str) -> Iterator[Fault]:
    tag_field = structs[0].tag_field
    assert tag_field is not None
    tag = value.get(tag_field)
    for struct in structs:
        if struct.tag == tag:
            yield from _struct(value, struct, path)
            return
    tags = [str(struct.tag) for struct in structs]
    if tag is None:
        yield Fault(under(path, tag_field), f"is required: expected {listed(tags)}")
    else:
        yield Fault(under(path, tag_field), f"expected {listed(tags)}, got {shown(tag)}{meant(str(tag), tags)}")


def _tuple(value: object, shape: inspect.VarTupleType, path: str) -> Iterator[Fault]:
    if not isinstance(value, list | tuple):
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")
        return
    if len(value) < (shape.min_length or 0):
        yield Fault(path, f"expected at least {shape.min_length} entry, got {shown(value)}")
    if shape.max_length is not None and len(value) > shape.max_length:
        yield Fault(path, f"expected at most {shape.max_length} entries, got {len(value)}")
    for position, item in enumerate(value):
        yield from _faults(item, shape.item_type, f"{path}[{position}]")


def _literal(value: object, shape: inspect.LiteralType, path: str) -> Iterator[Fault]:
    if not isinstance(value, str) or value not in shape.values:
        hint = meant(value, [str(name) for name in shape.values]) if isinstance(value, str) else ""
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}{hint}")


def _text(value: object, shape: inspect.StrType, path: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(path, f"expected {_expected(shape)}, got {_got(value, shape)}")
    elif shape.pattern is not None and re.search(shape.pattern, value) is None:
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")
    elif len(value) < (shape.min_length or 0):
        yield Fault(path, "expected text, got an empty one")
    elif shape.max_length is not None and len(value) > shape.max_length:
        yield Fault(path, f"expected at most {shape.max_length} characters, got {len(value)}")


def _integer(value: object, shape: inspect.IntType, path: str) -> Iterator[Fault]:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not is_integer or (shape.ge is not None and value < shape.ge):  # type: ignore[operator]
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")
    elif shape.le is not None and value > shape.le:  # type: ignore[operator]
        yield Fault(path, f"expected at most {shape.le}, got {shown(value)}")


def _decimal(value: object, shape: inspect.FloatType, path: str) -> Iterator[Fault]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (shape.gt or 0) < value <= (shape.le or 0):  # type: ignore[operator]
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")


def _boolean(value: object, shape: inspect.BoolType, path: str) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")


def _time(value: object, shape: inspect.DateTimeType, path: str) -> Iterator[Fault]:
    if isinstance(value, str):
        try:
            msgspec.convert(value, fields.Time)
            return
        except msgspec.ValidationError:
            pass  # Said below, in the same words for every value that is no such time.
    yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")


def _mapping(value: object, shape: inspect.DictType, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(path, f"expected {_expected(shape)}, got {shown(value)}")
        return
    for name, held in value.items():
        yield from _faults(name, shape.key_type, under(path, str(name)))
        yield from _faults(held, shape.value_type, under(path, str(name)))


_CHECKS: dict[type[inspect.Type], Callable[[object, Any, str], Iterator[Fault]]] = {
    inspect.StructType: _struct,
    inspect.UnionType: _union,
    inspect.VarTupleType: _tuple,
    inspect.LiteralType: _literal,
    inspect.StrType: _text,
    inspect.IntType: _integer,
    inspect.FloatType: _decimal,
    inspect.BoolType: _boolean,
    inspect.DateTimeType: _time,
    inspect.DictType: _mapping,
}


def _is_like(value: object, shape: inspect.Type) -> bool:
    """Whether a value was meant to be of this shape, right or wrong, among the shapes of a union."""
    match shape:
        case inspect.StructType() | inspect.DictType():
            return isinstance(value, Mapping)
        case inspect.VarTupleType():
            return isinstance(value, list | tuple)
        case inspect.LiteralType():
            return isinstance(value, str) and value in shape.values
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            raise TypeError(f"no definition has a union with {shape}")


def _expected(shape: inspect.Type) -> str:
    match shape:
        case inspect.StructType():
            return f"a mapping with {listed([field.encode_name for field in shape.fields], 'and')}"
        case inspect.UnionType():
            words = [_expected(kind) for kind in shape.types if not isinstance(kind, inspect.NoneType)]
            return " or ".join(dict.fromkeys(words))
        case inspect.VarTupleType():
            return f"a list, each {_expected(shape.item_type)}"
        case inspect.LiteralType():
            return listed(shape.values)
        case inspect.StrType():
            return "text" if shape.pattern is None else _WORDS_OF_PATTERN[shape.pattern]
        case inspect.IntType():
            return "an integer" if shape.ge is None else f"an integer of {shape.ge} or more"
        case inspect.FloatType():
            return f"a number above {shape.gt:g}, up to {shape.le:g}"
        case inspect.BoolType():
            return "true or false"
        case inspect.DateTimeType():
            return A_TIME
        case inspect.DictType():
            return "a mapping"
        case _:
            return "a value"


def _got(value: object, shape: inspect.Type) -> str:
    """The value, with what to do when it is a number where text belongs: YAML reads an unquoted one as a number."""
    kinds = shape.types if isinstance(shape, inspect.UnionType) else (shape,)
    wants_text = any(isinstance(kind, inspect.StrType) for kind in kinds)
    is_unquoted = isinstance(value, bool | int | float)
    return f"{shown(value)}: put it in quotes" if wants_text and is_unquoted else shown(value)
