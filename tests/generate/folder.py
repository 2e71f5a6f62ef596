"""Writes what was generated where `tidemark replay` reads it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml


def write_definitions(folder: Path, documents: Iterable[dict[str, Any]]) -> None:
    """One YAML file a definition, named after its kind and code."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        path = folder / f"{document['kind']}-{document['code']}.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def write_stream(path: Path, lines: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
