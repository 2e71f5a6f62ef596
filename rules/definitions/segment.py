"""A segment that was saved, to be named by others (spec 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from rules.definitions.checking.fault import Fault, shown
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Code, Text
from rules.definitions.kind import Kind
from rules.definitions.saved import Saved
from rules.rulebook.compiled.segment import CompiledSegment
from rules.rulebook.programs import Programs
from rules.segments.segment import compile_segment, saved_in, segment_faults, segment_references


class Segment(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="segment", tag_field="kind"):
    """The definition. `segment`: see rules/segments."""

    code: Code
    name: Text
    segment: object


def _faults(segment: Segment, _document: Mapping[str, object]) -> Iterator[Fault]:
    return segment_faults(segment.segment, "segment")


def _set_faults(segment: Segment, whole: WholeSet) -> Iterator[Fault]:
    yield from segment_references(segment.segment, "segment", whole)
    seen, waiting = set[str](), list(_saved_in(segment))
    while waiting:
        code = waiting.pop()
        if code == segment.code:
            yield Fault("segment", f"leads back to {shown(code)} itself, so nobody would be in it")
            return
        named = whole.definition("segment", code)
        if code not in seen and isinstance(named, Segment):
            seen.add(code)
            waiting += _saved_in(named)


def _saved_in(segment: Segment) -> Iterator[str]:
    return iter(()) if any(segment_faults(segment.segment, "")) else saved_in(segment.segment)


def _compile(segment: Segment, _saved: Saved, _ref: int, _first_ref: int, _programs: Programs) -> CompiledSegment:
    return CompiledSegment(segment.code, compile_segment(segment.segment))


SEGMENT = Kind(name="segment", shape=Segment, faults=_faults, set_faults=_set_faults, compile=_compile)
