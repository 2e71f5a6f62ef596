"""What was issued to a member, of the records of `benefits`."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from broker.wire.records import Record
from rules.benefits.had import Issued

_issued = msgspec.json.Decoder(Issued).decode


def issued_of(records: Iterable[Record]) -> list[Issued]:
    """Each once: after a crash a record may stand there twice."""
    found = (_issued(record.value) for record in records if record.value is not None)
    return list({each.issue_id: each for each in found}.values())
