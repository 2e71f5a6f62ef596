"""The program that a ladder is suggested for, from its file or from a running system; and the ladder put into it (spec 3.12)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from rules.definitions.kinds import parse
from rules.definitions.program import PLAN_LEVELS_MAX, Program
from tidemark.definitions.files import load_definitions, problem_lines
from tidemark.definitions.text import text_of
from tidemark.suggesting.ladder import Suggestion, nice

# A line that says that there are none, for which the levels stand.
_NO_LEVELS = re.compile(r"^levels:[ \t]*(?:\[[ \t]*\]|~|null)?[ \t]*$\n?", re.MULTILINE)


class NotSuggested(Exception):
    """Why no ladder is suggested, or put into a program; the message says what to do."""


class Asked(Struct):
    """A program as it is written. `path`: its file; None: it stands on the definitions topic."""

    document: dict[str, object]
    program: Program
    path: Path | None


def of_file(path: Path) -> Asked:
    """The one program in a file. Raises NotSuggested."""
    loaded = load_definitions(path)
    if loaded.problems:
        raise NotSuggested("; ".join(problem_lines(loaded.problems)))
    documents = [each.document for each in loaded.documents]
    if len(documents) != 1 or documents[0].get("kind") != "program":
        raise NotSuggested(f"{path}: expected one document of kind: program; got {len(documents)} of other kinds, or several")
    return of_document(documents[0], path)


def of_document(document: dict[str, object], path: Path | None) -> Asked:
    """The program that a document is. Raises NotSuggested."""
    try:
        program = parse(document)
    except msgspec.ValidationError as error:
        raise NotSuggested(f"{path or document.get('code')}: {error}; `tidemark check` says all that is wrong") from error
    assert isinstance(program, Program)
    return Asked(document, program, path)


def check_program(program: Program, levels: int) -> None:
    """Raises NotSuggested where no ladder of so many basic levels can be suggested for it."""
    for level in program.levels:
        if level.paid_for:
            raise NotSuggested(
                f"level {level.code} of program {program.code} is {level.type}: a ladder is suggested for programs without paid and dual "
                "levels only (spec 3.12)"
            )
    if program.measure == "points":
        raise NotSuggested(
            f"program {program.code} measures points, of which orders say nothing: a ladder is suggested for spending"
        )
    if program.plan is not None and levels > PLAN_LEVELS_MAX[program.plan]:
        raise NotSuggested(f"plan {program.plan} of program {program.code} has at most {PLAN_LEVELS_MAX[program.plan]} levels")


def with_levels(asked: Asked, suggestion: Suggestion) -> dict[str, object]:
    """The program's document with the levels, once it is found to have none. Raises NotSuggested."""
    program = asked.program
    if program.levels:
        raise NotSuggested(
            f"program {program.code} has levels, and members may hold them: put the suggested ones into its document, look at what they "
            "change with `tidemark levels preview`, and publish it now, or with --existing-at (spec 3.6)"
        )
    levels = [rung.document() for rung in suggestion.rungs]
    if program.lock_in is not None:
        for level, rung in zip(levels, suggestion.rungs, strict=True):
            level["lock_in_amount"] = nice(max(rung.threshold // 2, suggestion.average_order), suggestion.currency)
    return asked.document | {"levels": levels}


def write(path: Path, document: Mapping[str, object], levels: Sequence[Any]) -> None:
    """The file of a program with its levels. What else a YAML file says, its comments too, stays where it is; but where levels can not be
    added at its end (it is written between braces, or ends its document), it is written anew.
    """
    if path.suffix == ".json":
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
        return
    without = _NO_LEVELS.sub("", text_of(path)).rstrip("\n")
    added = f"{without}\n{yaml.safe_dump({'levels': list(levels)}, sort_keys=False, allow_unicode=True)}"
    path.write_text(added, "utf-8")
    if [each.document for each in load_definitions(path).documents] != [document]:
        path.write_text(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True), "utf-8")
