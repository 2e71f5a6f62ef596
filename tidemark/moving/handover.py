"""What one cluster tells another of how far it was: a file of JSON, made by `tidemark handover`, taken over by `tidemark adopt`."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from tidemark.moving.faults import CannotMove

HANDOVER_FORMAT = 1


class Tail(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The last records of a source's partition: how many, a digest of them, and how many of them were not taken yet (`left`).

    Or, written by hand where the cluster is lost: `offset`, on the new one, of the first that was not taken.
    """

    records: int = 0
    left: int = 0
    digest: str = ""
    offset: int | None = None


class Whole(Struct, forbid_unknown_fields=True):
    """All records of a topic."""

    records: int
    digest: str


class Owned(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A partition of a changelog: the turn that was done last (None: not to be compared), and its sources by short name."""

    turn: int | None = None
    sources: dict[str, Tail] = {}


class Handover(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """`changelogs`: by short name and partition. `definitions`: None where they are not to be compared."""

    partitions: int
    changelogs: dict[str, dict[int, Owned]]
    definitions: Whole | None = None
    format: int = HANDOVER_FORMAT


def write_handover(handover: Handover, path: Path) -> None:
    """Writes the file. Raises OSError."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(handover), indent=1) + b"\n")


def read_handover(path: Path) -> Handover:
    """Reads the file. Raises OSError, CannotMove."""
    try:
        handover = msgspec.json.decode(path.read_bytes(), type=Handover)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CannotMove(f"{path} is no handover: {error}") from error
    if handover.format != HANDOVER_FORMAT:
        raise CannotMove(
            f"{path} is of format {handover.format}, and this release reads {HANDOVER_FORMAT}: run the one that wrote it"
        )
    return handover
