"""What stands on `grants.limited` of ids that are one member's (spec 1.7): what the old one had, and documents led from id to id."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from rules.times import moment_us


class Moved(Struct, omit_defaults=True, gc=False, tag="moved", tag_field="type"):
    """An id leads to another from `at_ms` on (epoch ms), or `finer_us` later: what it had, as its record. `until_ms`: until when what came
    under it is kept.
    """

    member_id: str
    into: str
    at_ms: int
    until_ms: int
    record: bytes
    finer_us: int = 0

    @property
    def at(self) -> datetime:
        """From when on."""
        return moment_us(self.at_ms * 1000 + self.finer_us)


class Found(Struct, gc=False):
    """What is known of a document under the ids that were asked: whether it was taken before, or another with its id or
    its receipt was, and the order, or the points, that it names,
    with the key that it is kept under there and the id; `read_at`: at which id, another where something was given back of it there. `sent`:
    what is kept of the test send that a claim names.
    """

    twice: Literal["", "same", "other_by_id", "other_by_receipt"] = ""
    order: bytes = b""
    key: bytes = b""
    under: str = ""
    read_at: str = ""
    sent: bytes = b""


class Led(Struct, gc=False, tag="led", tag_field="type"):
    """A document on its way to the member whose ids are one: to `member_id` next. `asked`: ids under which it was looked for. `source`,
    `received_ms`: where it first stood, and when it was first received (epoch ms).
    """

    member_id: str
    raw: bytes
    source: str
    received_ms: int
    asked: list[str]
    found: Found


class Forgotten(Struct, gc=False, tag="forgotten", tag_field="type"):
    """The member that an id leads to was deleted, and so is the id."""

    member_id: str


Message = Moved | Led | Forgotten
