"""Definitions in a folder of files: YAML and JSON, checked as one set (spec 2.1, 6: `tidemark check`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rules.definitions.checking.check import check
from rules.definitions.checking.problem import Problem
from tidemark.definitions.text import Unreadable, documents_of_json, documents_of_yaml, text_of
from tidemark.definitions.values import PlainCopies

_READERS = {".yaml": documents_of_yaml, ".yml": documents_of_yaml, ".json": documents_of_json}
DOCUMENTS_MAX = 20_000


class LoadedDocument(NamedTuple):
    """A raw document, and where it stands: `line` counts from 1."""

    path: Path
    line: int
    document: dict[str, object]

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.path}:{self.line}"


class FileProblem(NamedTuple):
    """A problem and the file that has it; `line` of the document, 0 where it is the file's or the folder's."""

    path: Path
    line: int
    problem: Problem


class LoadedDefinitions(NamedTuple):
    """What a folder holds: the raw documents in the order of their paths, and what could not be read."""

    documents: list[LoadedDocument]
    problems: list[FileProblem]


def load_definitions(folder: Path) -> LoadedDefinitions:
    """The raw documents of all *.yaml, *.yml and *.json files in a folder and those below it; or of one such file.

    A file holds a document, a list of them or, in YAML, several with --- between. Hidden files and folders are left out.
    Nothing is raised for what a file holds, and nothing but JSON's own types comes out: times stay the text they are.
    """
    documents: list[LoadedDocument] = []
    problems: list[FileProblem] = []
    copies = PlainCopies()
    if not folder.exists():
        what = (
            "file: give that of a definition"
            if folder.suffix.lower() in _READERS
            else "folder: give the folder with the definitions"
        )
        return LoadedDefinitions([], [_of_file(folder, f"there is no such {what}")])
    for path in _files(folder):
        try:
            for line, value in _READERS[path.suffix.lower()](text_of(path)):
                _take(path, line, value, copies, documents, problems)
        except Unreadable as error:
            problems.append(_of_file(path, str(error)))
        if len(documents) > DOCUMENTS_MAX:
            problems.append(_of_file(folder, f"there are more than {DOCUMENTS_MAX} definitions: that is too many"))
            break
    if not documents and not problems:
        message = f"there are no definitions here: expected files named {', '.join('*' + suffix for suffix in _READERS)}"
        problems.append(_of_file(folder, message))
    return LoadedDefinitions(documents, problems)


def check_definitions(loaded: LoadedDefinitions) -> list[FileProblem]:
    """All that is wrong with a folder's definitions, those that could not be read first; warnings are among them."""
    found = list(loaded.problems)
    checked = check([each.document for each in loaded.documents], [each.name for each in loaded.documents])
    for each, problems in zip(loaded.documents, checked, strict=True):
        found.extend(FileProblem(each.path, each.line, problem) for problem in problems)
    return found


def has_errors(problems: Sequence[FileProblem]) -> bool:
    """Whether a set with these problems is refused: warnings alone do not."""
    return any(not found.problem.warning for found in problems)


def problem_lines(problems: Sequence[FileProblem]) -> list[str]:
    """A printable line a problem: `path: code: field: message`.

    A document without a code is called by its line; parts that there are none of, as for a file that cannot be read, are
    left out.
    """
    return [_line(found) for found in problems]


def _line(found: FileProblem) -> str:
    problem = found.problem
    called = problem.code or (f"line {found.line}" if found.line else "")
    message = f"warning: {problem.message}" if problem.warning else problem.message
    return ": ".join(part for part in (str(found.path), called, problem.field, message) if part)


def _of_file(path: Path, message: str, line: int = 0) -> FileProblem:
    return FileProblem(path, line, Problem(code="", field="", message=message))


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder] if folder.suffix.lower() in _READERS else []
    found = [path for path in folder.rglob("*") if path.suffix.lower() in _READERS and path.is_file()]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _take(
    path: Path, line: int, value: object, copies: PlainCopies, documents: list[LoadedDocument], problems: list[FileProblem]
) -> None:
    if not isinstance(value, Mapping):
        message = "expected a definition, a mapping that begins with kind, such as `kind: activity`"
        problems.append(_of_file(path, message, line))
        return
    try:
        documents.append(LoadedDocument(path, line, copies.copy(value)))
    except Unreadable as error:
        problems.append(_of_file(path, str(error), line))


def sound_documents(folder: Path) -> tuple[list[dict[str, object]] | None, list[str]]:
    """The documents of a folder, None where one of them is refused; and every problem and warning, a printable line each."""
    loaded = load_definitions(folder)
    problems = check_definitions(loaded)
    documents = None if has_errors(problems) else [each.document for each in loaded.documents]
    return documents, problem_lines(problems)
