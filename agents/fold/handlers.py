"""What is done with each kind of document, once it is neither late nor a second one. A new kind is a file, and a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agents.fold import claims, members, payments, points, purchases, refunds, test_sends
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.claim import Claim
from rules.documents.member import MemberDocument
from rules.documents.payment import LevelPayment
from rules.documents.points import Points
from rules.documents.purchase import MixedPurchase, Purchase
from rules.documents.refund import Refund
from rules.documents.test_send import TestSend
from rules.state import Member

# What came, its member's id, the member (None: not seen before), and the record that it came as, with its topic (short name). Raises
# Refused; what it has changed of the member by then, and kept of orders, is undone.
Handler = Callable[[Turn, Accepted, str, Member | None, str, Record], None]

HANDLERS: Final[dict[type, Handler]] = {
    Purchase: purchases.take,
    MixedPurchase: purchases.take,
    Refund: refunds.take,
    MemberDocument: members.take,
    Claim: claims.take,
    TestSend: test_sends.take,
    LevelPayment: payments.take,
    Points: points.take,
}

# Why one of a member who was deleted cannot be taken, of the kinds that only a member sends (spec 1.7); of others it is as one of nobody.
# Raises InvalidDocument where it is none of its kind.
OF_NOBODY: Final[dict[type, Callable[[Turn, Accepted], str]]] = {
    Claim: lambda turn, accepted: "unknown_grant",
    TestSend: test_sends.reason_of_nobody,
    LevelPayment: lambda turn, accepted: "invalid",
    Points: lambda turn, accepted: "invalid",
}

# What must hold of a document by the definitions of now, and is said before that it is late or a second one (spec 1.6). Raises
# InvalidDocument.
CHECKS: Final[dict[type, Callable[[Turn, Accepted], None]]] = {
    LevelPayment: payments.check,
    Points: points.check,
}
