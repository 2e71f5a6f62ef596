"""Everything that is wrong with a set of definitions, by document and field (spec 6, `tidemark check`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from rules.definitions.checking.fault import Fault, hints_of_a_set, listed, meant, shown
from rules.definitions.checking.problem import Problem
from rules.definitions.checking.shape import shape_faults
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.checking.world import world_faults
from rules.definitions.kind import Kind
from rules.definitions.kinds import ACTIVITY, KINDS, TYPES_OF_ACTIVITY, kind_of, parse, without_nulls

# Of one document; then it is said that there are more.
PROBLEMS_MAX = 100


def check(documents: Sequence[Mapping[str, object]], names: Sequence[str] | None = None) -> list[list[Problem]]:
    """The problems of each document of a set, in the documents' order; empty lists when all is well.

    `documents`: raw, as loaded; together they are the whole set, since they refer to each other. `names`: what messages
    call a document when they speak of another one; by its position unless given. Every document without a problem, or with
    warnings only, is accepted by `rules.definitions.kinds.parse`.
    """
    called = names if names is not None else [f"document {number}" for number in range(1, len(documents) + 1)]
    given = [_without_nulls(document) for document in documents]
    with hints_of_a_set():
        shapes = [list(islice(_faults_of_shape(document), PROBLEMS_MAX + 1)) for document in given]
        parsed = [None if faults else parse(document) for faults, document in zip(shapes, given, strict=True)]
        whole = WholeSet(KINDS, given, parsed)
        problems = []
        for position, document in enumerate(given):
            faults = [*shapes[position], *whole.twice(position, document, called)]
            definition, kind = parsed[position], kind_of(document)
            if definition is not None and kind is not None:
                faults += islice(_faults_of_definition(kind, definition, document, whole), PROBLEMS_MAX + 1)
            problems.append(list(_problems(document, faults)))
    return problems


def check_one(document: Mapping[str, object], others: Sequence[tuple[Mapping[str, object], object]]) -> list[Problem]:
    """The problems of a document that is to stand among others, each with its definition, which were checked before."""
    given = _without_nulls(document)
    faults = list(islice(_faults_of_shape(given), PROBLEMS_MAX + 1))
    kind = kind_of(given)
    if not faults and kind is not None:
        definition = parse(given)
        with hints_of_a_set():
            whole = WholeSet(KINDS, [given, *(other for other, _ in others)], [definition, *(other for _, other in others)])
            faults += islice(_faults_of_definition(kind, definition, given, whole), PROBLEMS_MAX + 1)
    return list(_problems(given, faults))


def _problems(document: Mapping[str, object], faults: Sequence[Fault]) -> Iterator[Problem]:
    code = document.get("code")
    called = code if isinstance(code, str) else ""
    for fault in faults[:PROBLEMS_MAX]:
        yield Problem(called, *fault)
    if len(faults) > PROBLEMS_MAX:
        yield Problem(called, "", f"has more than {PROBLEMS_MAX} problems: mend these first")


def _without_nulls(document: Mapping[str, object]) -> dict[str, object]:
    given = without_nulls(document)
    assert isinstance(given, dict)
    return given


def _faults_of_shape(document: Mapping[str, object]) -> Iterator[Fault]:
    """What keeps a document from being read as a definition."""
    kind = kind_of(document)
    if kind is None:
        yield _no_such_kind(document)
        return
    for fault in shape_faults(document, kind.shape):
        yield _of_other_type(fault, kind)


def _no_such_kind(document: Mapping[str, object]) -> Fault:
    kind, type_ = document.get("kind"), document.get("type")
    if kind != ACTIVITY:
        return _no_such("kind", kind, KINDS)
    return _no_such("type", type_, tuple(TYPES_OF_ACTIVITY))


def _no_such(field: str, value: object, known: Sequence[str]) -> Fault:
    if value is None:
        return Fault(field, f"is required: expected {listed(known)}")
    return Fault(field, f"expected {listed(known)}, got {shown(value)}{meant(str(value), known)}")


def _of_other_type(fault: Fault, kind: Kind) -> Fault:
    """A fault at a field that only the other type of activity has says so."""
    own = kind.shape.__struct_fields__
    if TYPES_OF_ACTIVITY.get(kind.name) is kind and fault.field not in own:
        for name, other in TYPES_OF_ACTIVITY.items():
            if fault.field in other.shape.__struct_fields__:
                return Fault(fault.field, f"is for {name} only: leave it out")
    return fault


def _faults_of_definition(kind: Kind, definition: Any, document: Mapping[str, object], whole: WholeSet) -> Iterator[Fault]:
    yield from world_faults(definition)
    yield from kind.faults(definition, document)
    yield from kind.set_faults(definition, whole)
