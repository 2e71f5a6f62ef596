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


class FailedTry(Struct):
    """A sink was found down: when, and what came, a status or the name of an error."""

    at: str
    error: str


class TriedApart(Struct, omit_defaults=True):
    """A try of one record (`source`: topic/partition/offset), or of one of its gifts (its place, from 1; 0: all of it). `came`: `taken`,
    `known` (the sink had it before), `refused` with the dead letter's reason, else a status or the name of an error.
    """

    source: str
    at: str
    came: str
    gift: int = 0
    reason: str | None = None


class Attempted(Struct, omit_defaults=True):
    """What came of giving some records of a partition to a sink since the last time that this was told, on `deliveries`.

    `records`: by topic, the first and the last offset; those between that hold nothing for the sink were passed over. `settled_at`: when
    the sink had answered for all of them: what is not `apart` was taken by then, at the first try. Without it they wait, and are tried
    again at `next_at`. `failed`: when the sink was found down, each time. `by_message`: each is tried by itself, and each try that was not
    the only one is apart; else each of `failed` was a try of all of them. `left_out`: how many that were apart are not told.
    """

    sink: str
    partition: int
    records: dict[str, tuple[int, int]]
    settled_at: str | None = None
    next_at: str | None = None
    failed: list[FailedTry] = []
    by_message: bool = False
    apart: list[TriedApart] = []
    left_out: int = 0
