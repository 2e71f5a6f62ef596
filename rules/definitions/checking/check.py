"""Everything that is wrong with a set of definitions, by document and field (spec 6, `tidemark check`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from rules.definitions.checking.activity import activity_faults
from rules.definitions.checking.fault import Fault, listed, meant, shown
from rules.definitions.checking.program import program_faults
from rules.definitions.checking.references import KINDS, World, default_program_faults, reference_faults, uniqueness_faults
from rules.definitions.checking.shape import shape_faults
from rules.definitions.checking.unsupported import unsupported
from rules.definitions.checking.world import currency_faults
from rules.definitions.shapes import (
    AnyDefinition,
    Coupon,
    CumulativeSpend,
    Organization,
    Problem,
    Program,
    TierUpgrade,
    parse,
    without_nulls,
)

_SHAPES: dict[str, type[Struct]] = {"program": Program, "organization": Organization, "coupon": Coupon}
_SHAPES_OF_TYPE: dict[str, type[Struct]] = {"cumulative_spend": CumulativeSpend, "tier_upgrade": TierUpgrade}


def check(documents: Sequence[Mapping[str, object]], names: Sequence[str] | None = None) -> list[list[Problem]]:
    """The problems of each document of a set, in the documents' order; empty lists when all is well.

    `documents`: raw, as loaded; together they are the whole set, since they refer to each other. `names`: what messages
    call a document when they speak of another one; by its position unless given. Every document without a problem, or with
    warnings only, is accepted by `rules.definitions.shapes.parse`.
    """
    called = names if names is not None else [f"document {number}" for number in range(1, len(documents) + 1)]
    given = [_without_nulls(document) for document in documents]
    shapes = [_faults_of_shape(document) for document in given]
    parsed = [None if faults else parse(document) for faults, document in zip(shapes, given, strict=True)]
    world = World(given, parsed)
    problems = []
    for position, document in enumerate(given):
        faults = [*shapes[position], *uniqueness_faults(position, document, world, called)]
        definition = parsed[position]
        if definition is not None:
            faults.extend(_faults_of_definition(definition, set(document), world))
        code = document.get("code")
        problems.append([Problem(code if isinstance(code, str) else "", *fault) for fault in faults])
    return problems


def _without_nulls(document: Mapping[str, object]) -> dict[str, object]:
    given = without_nulls(document)
    assert isinstance(given, dict)
    return given


def _faults_of_shape(document: Mapping[str, object]) -> list[Fault]:
    """What keeps a document from being read as a definition: what is not supported, and what has the wrong shape."""
    refused = unsupported(document)
    shape = _shape_of(document, refused)
    if isinstance(shape, Fault):
        return [*refused, shape]
    if shape is None:
        return refused
    found = [fault for fault in shape_faults(document, shape) if not _is_said(fault.field, refused)]
    return refused + [_of_other_type(fault, document) for fault in found]


def _shape_of(document: Mapping[str, object], refused: list[Fault]) -> type[Struct] | Fault | None:
    """The Struct that a document should have the shape of; a fault when it says none; None when that is refused already."""
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return _no_such("kind", kind, KINDS)
    if kind != "activity":
        return _SHAPES[kind]
    activity_type = document.get("type")
    if isinstance(activity_type, str) and activity_type in _SHAPES_OF_TYPE:
        return _SHAPES_OF_TYPE[activity_type]
    return None if _is_said("type", refused) else _no_such("type", activity_type, tuple(_SHAPES_OF_TYPE))


def _no_such(field: str, value: object, known: Sequence[str]) -> Fault:
    if value is None:
        return Fault(field, f"is required: expected {listed(known)}")
    return Fault(field, f"expected {listed(known)}, got {shown(value)}{meant(str(value), known)}")


def _is_said(field: str, refused: list[Fault]) -> bool:
    return any(field == fault.field or field.startswith((fault.field + ".", fault.field + "[")) for fault in refused)


def _of_other_type(fault: Fault, document: Mapping[str, object]) -> Fault:
    """A fault at a field that only the other type of activity has says so."""
    own = _SHAPES_OF_TYPE.get(str(document.get("type")))
    for name, shape in _SHAPES_OF_TYPE.items():
        if own is not None and fault.field in shape.__struct_fields__ and fault.field not in own.__struct_fields__:
            return Fault(fault.field, f"is for {name} only: leave it out")
    return fault


def _faults_of_definition(definition: AnyDefinition, given: set[str], world: World) -> Iterator[Fault]:
    if isinstance(definition, CumulativeSpend | TierUpgrade):
        yield from activity_faults(definition, given)
    elif isinstance(definition, Program):
        yield from program_faults(definition)
        yield from default_program_faults(definition, world)
    elif isinstance(definition, Coupon):
        yield from currency_faults(definition.currency)
    yield from reference_faults(definition, world)
