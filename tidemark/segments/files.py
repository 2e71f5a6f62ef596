"""A segment in a file: alone, saved, or of a bulk activity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rules.definitions.checking.world import world_faults
from rules.segments.predicate import Matches
from rules.segments.segment import compile_segment, saved_in, segment_faults
from tidemark.definitions.text import Unreadable, documents_of_json, documents_of_yaml, text_of
from tidemark.wrong_file import WrongFile


class Asked(NamedTuple):
    """Who is in it; in which zone, where the file says so; and the saved segments that it names."""

    matches: Matches
    timezone: str | None
    saved: list[str]


class NoSegment(WrongFile):
    """A file without a segment that can be asked."""


class _Zone(NamedTuple):
    timezone: Any


def read_segment(path: Path) -> Asked:
    """The segment of a file, YAML or JSON. Raises NoSegment."""
    document = _document(path)
    of_definition = isinstance(document, Mapping) and "kind" in document
    segment = document.get("segment") if of_definition and isinstance(document, Mapping) else document
    timezone = document.get("timezone") if of_definition and isinstance(document, Mapping) else None
    faults = [*segment_faults(segment, "segment"), *world_faults(_Zone(timezone))]
    if faults:
        raise NoSegment(*(f"{path}: {fault.field}: {fault.message}" for fault in faults))
    return Asked(compile_segment(segment), None if timezone is None else str(timezone), list(saved_in(segment)))


def _document(path: Path) -> Any:
    if not path.exists():
        raise NoSegment(f"there is no file {path}: a segment is asked by a file, a saved one by `{{saved: CODE}}` in it")
    try:
        text = text_of(path)
        found = list(documents_of_json(text) if path.suffix == ".json" else documents_of_yaml(text))
    except Unreadable as error:
        raise NoSegment(f"{path}: {error}") from error
    if len(found) != 1:
        raise NoSegment(f"{path}: expected one segment, got {len(found)} documents")
    return found[0][1]
