"""A test send that has come (spec 2.9)."""

from __future__ import annotations

from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.bulk.testing import check_test, send_test, what_was_sent
from rules.documents.accepted import Accepted
from rules.documents.content import sent_key, test_key
from rules.documents.test_send import TestSend
from rules.refused import Refused
from rules.state import Member

# Of what is known by its key alone.
_TAKEN = b"\1"


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """Sends it, once. Whoever is not known is not registered by it. Raises Refused."""
    document = accepted.document
    assert isinstance(document, TestSend)
    version = check_test(document, turn.rulebook)
    if member is None or not member.registered:
        raise Refused("unknown_member", f"there is no member {member_id!r}: a test send registers nobody", "/member_id")
    key = test_key(member_id, document.test_id, turn.table.head.seed)
    if turn.orders.is_taken(key):
        return
    send_test(document, version, member, turn.rulebook, turn.clock.now_us, turn.happened)
    turn.orders.keep(key, None, _TAKEN)
    sent = sent_key(member_id, document.activity, document.test_id, turn.table.head.seed)
    turn.orders.keep(sent, None, what_was_sent(version.ref))


def reason_of_nobody(turn: Turn, accepted: Accepted) -> str:
    """Why one to a member who was deleted is refused. Raises InvalidDocument where there is no such version to be sent."""
    document = accepted.document
    assert isinstance(document, TestSend)
    check_test(document, turn.rulebook)
    return "unknown_member"
