"""The text of a definition file to raw values, each with the line that it begins at.

YAML is read as its version 1.2 reads it, and stricter where a value could change unseen: `on`, `yes` and times stay the text
that they are, a number is one only when its digits are how it would be written again (0123 and 1e5 stay text), and a key that
is given twice is an error. Sums of money and counts are integers, so nothing is lost by that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

Located = tuple[int, object]
FILE_BYTES_MAX = 16 * 2**20
# Fields that the merge keys of a file may bring.
MERGED_MAX = 100_000
_MERGE = "tag:yaml.org,2002:merge"


class Unreadable(ValueError):
    """What a file or document cannot be read for; the message says where, and what to do."""


def text_of(path: Path) -> str:
    """The text of a file. Raises Unreadable."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Unreadable(f"is larger than {FILE_BYTES_MAX} bytes: split it")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 text, at byte {error.start}: save it as UTF-8") from error
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error


class _Loader(yaml.CSafeLoader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        # Mappings whose merge keys are resolved, and how many fields these brought.
        self._flat: dict[int, yaml.MappingNode] = {}
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Resolves merge keys, once a mapping: what they bring multiplies where they refer to each other, so it is counted first."""
        if id(node) in self._flat:
            return
        self._flat[id(node)] = node
        _refuse_twice(node)
        own, merged = [], []
        for key, value in node.value:
            if key.tag != _MERGE:
                own.append((key, value))
                continue
            parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
            # Of several the first wins, as the last of a mapping does.
            for part in reversed(parts):
                if not isinstance(part, yaml.MappingNode):
                    raise yaml.constructor.ConstructorError(None, None, "expected mappings to merge", part.start_mark)
                self.flatten_mapping(part)
                self._merged += len(part.value)
                if self._merged > MERGED_MAX:
                    problem = f"merge keys (<<) bring more than {MERGED_MAX} fields: write them out, or split the file"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                merged += part.value
        node.value = [*merged, *own]


def _refuse_twice(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
            if key.value in seen:
                problem = f"{key.value!r} is given twice: leave one of them out"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)


# Of its own, without those of YAML 1.1 that it would inherit.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)


def documents_of_yaml(text: str) -> Iterator[Located]:
    """The documents of a YAML file, those of a list one by one, empty ones left out. Raises Unreadable."""
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            value = loader.construct_document(node)
            if isinstance(node, yaml.SequenceNode) and isinstance(value, list):
                yield from zip((_line(item) for item in node.value), value, strict=True)
            elif value is not None:
                yield _line(node), value
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        raise Unreadable(f"is not YAML: {where}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(f"is not YAML: {error}") from error
    finally:
        loader.dispose()


def documents_of_json(text: str) -> Iterator[Located]:
    """The document of a JSON file, or those of a list one by one. Raises Unreadable."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise Unreadable(f"is not JSON: {half} is half of a character only: write both of its escapes, or itself") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not JSON: {error}") from error
    for item in value if isinstance(value, list) else [value]:
        yield 1, item


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice: leave one of them out")
    return found


def _no_number(constant: str) -> object:
    raise ValueError(f"{constant} is no number in JSON")
