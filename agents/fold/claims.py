"""A claim that has come (spec 2.6)."""

from __future__ import annotations

from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.bulk.testing import version_sent
from rules.documents.accepted import Accepted
from rules.documents.claim import Claim
from rules.documents.content import sent_key
from rules.gifts.claiming import claim
from rules.gifts.grant_ids import parse_grant_id
from rules.state import NEVER_MS, Member
from tables.member.put_by import of_grant


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """Claims what it names of the member's gifts; whoever is not known has none, and is not registered by it. Raises Refused."""
    document = accepted.document
    assert isinstance(document, Claim)

    def sent_by(of: str, activity: str, test_id: str) -> int | None:
        sent = turn.orders.sent(sent_key(of, activity, test_id, turn.table.head.seed))
        return version_sent(sent) if sent else None

    grant = parse_grant_id(document.grant_id)
    if member is not None and member.due != NEVER_MS and grant is not None:
        refs = [version.ref for version in turn.rulebook.granting_of(grant.activity)]
        turn.table.bring_back(member_id, member, of_grant(grant, refs))
    claim(member or Member(), document, turn.rulebook, turn.clock.now_ms, sent_by, turn.happened)
