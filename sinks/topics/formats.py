"""What stands on the topics beside what happened (rules/happened.py): it has a schema in docs/schemas (spec 4.1)."""

from __future__ import annotations

from msgspec import Struct


class DeadLetter(Struct, omit_defaults=True):
    """A document on `dead-letters`: why, and its bytes (`raw`, or `raw_base64` where they are not UTF-8, or far shorter so); where
    they stood and when they were first received, so that they can be sent again.

    `truncated`: only the first of its bytes are here, of `length` with the digest `sha256` (hex); the rest is where it stood.
    `last_offset`: of a batch that could not be read, of which `source` has the first: its bytes are those of the batch, as they stand.
    """

    reason: str
    detail: str
    source: str
    received_at: str
    key: str | None = None
    raw: str | None = None
    raw_base64: str | None = None
    truncated: bool = False
    length: int | None = None
    sha256: str | None = None
    last_offset: int | None = None
