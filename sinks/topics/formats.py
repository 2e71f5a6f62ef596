"""What stands on the topics beside what happened (rules/happened.py): it has a schema in docs/schemas (spec 4.1)."""

from __future__ import annotations

from msgspec import Struct


class DeadLetter(Struct, omit_defaults=True):
    """A document on `dead-letters`: why, and its bytes (`raw`, or `raw_base64` where they are not UTF-8, or far shorter so); where
    they stood and when they were first received, so that they can be sent again.
    """

    reason: str
    detail: str
    source: str
    received_at: str
    key: str | None = None
    raw: str | None = None
    raw_base64: str | None = None
