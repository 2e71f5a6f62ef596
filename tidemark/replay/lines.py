"""The lines of a replay's files, and those that no feed would carry (spec 6, 1.6)."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import msgspec

from agents.replaying.places import NOT_CARRIED
from streams.decode import TOO_LARGE

# What a record of a feed may measure, as `streams.topics` has it.
RECORD_BYTES = 8 * 1024 * 1024
# Of a record and its batch beside the document.
_MOST_OVERHEAD_BYTES = 1024


def lines_of(files: Iterable[Path], standard_input: BinaryIO) -> Iterator[bytes]:
    """The lines of the files in their order, without their ends; `-` is standard input. Blank ones are left out, and so is the byte order
    mark that a file may begin with.
    """
    for file in files:
        with nullcontext(standard_input) if str(file) == "-" else file.open("rb") as source:
            first = source.readline().removeprefix(BOM_UTF8)
            for line in chain((first,), source):
                if line and not line.isspace():
                    yield line.rstrip(b"\r\n")


def carried(raw: bytes, record_bytes: int = RECORD_BYTES) -> bool:
    """Whether a feed that takes so many bytes in a record can hold a document at all."""
    return len(raw) + _MOST_OVERHEAD_BYTES <= record_bytes


def too_large(raw: bytes, number: int, record_bytes: int = RECORD_BYTES) -> bytes:
    """The dead letter of a line, by its number, that no feed carries: on no topic, so it holds the document whole (spec 1.6)."""
    detail = f"{len(raw)} bytes, more than the {record_bytes - _MOST_OVERHEAD_BYTES} that the broker carries"
    letter = {"reason": TOO_LARGE, "detail": detail, "source": f"{NOT_CARRIED}/{number}"}
    try:
        return msgspec.json.encode(letter | {"raw": raw.decode()})
    except UnicodeDecodeError:
        # In base64.
        return msgspec.json.encode(letter | {"raw_base64": raw})
