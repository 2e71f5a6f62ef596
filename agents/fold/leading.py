"""Documents of a member who has several ids: each is led from id to id, and asked for under each, until it is at the one to which all
lead (spec 1.7). There it is applied, as what is his.

What came under an id stays known where it came, by digests of which nobody can be found again: so who was merged is asked there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.fold.found import FoundOrders
from agents.fold.incoming import Incoming, source_of
from agents.fold.orders import Conflict, Kept
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.claim import Claim
from rules.documents.content import led_key, sent_key, test_key
from rules.documents.kind import Document
from rules.documents.points import Points
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from rules.documents.test_send import TestSend
from rules.gifts.grant_ids import parse_grant_id
from rules.happened import escaped
from rules.state import Member
from streams.moved import Found, Led
from tables.layout import encode_order


def lead_on(turn: Turn, topic: str, record: Record, accepted: Accepted, member_id: str, member: Member) -> bool:
    """Whether a document that has come for one of the member's ids is to be looked for elsewhere first: then it is on its way."""
    led = Led(
        member_id, record.value or b"", source_of(Incoming(topic, record), turn.table.partition), accepted.received_ms, [], Found()
    )
    if not next_id(turn, member, led.asked):
        return False
    turn.clock.appended(record.timestamp_ms)
    go_on(turn, accepted, member, led)
    turn.put_out()
    return True


def next_id(turn: Turn, member: Member, asked: Sequence[str]) -> str:
    """To which id a document goes on from here; "" where it is at its end."""
    if member.leads_on:
        return member.leads_to
    now_ms, was_asked = turn.clock.now_ms, frozenset(asked)
    return next((kin.member_id for kin in member.seldom.kin if kin.until_ms > now_ms and kin.member_id not in was_asked), "")


def go_on(turn: Turn, accepted: Accepted, member: Member, led: Led) -> None:
    """Has a document that stands at an id go on to the next, with what is known of it here."""
    if member.leads_on:
        if led.member_id not in led.asked:
            _ask(turn, accepted, led)
        found = led.found
        if found.order and (kept := turn.orders.find(led_key(found.key, found.under, turn.table.head.seed))):
            # Something was given back of it here, while the id was the last.
            found.order, found.read_at = kept, led.member_id
    led.member_id = next_id(turn, member, led.asked)
    turn.sending.append((led.member_id, led))


def found_orders(turn: Turn, member: Member | None, found: Found) -> FoundOrders:
    """The orders of the partition, for a document that is applied to the member here, to whom it was led with what was found of it."""
    return FoundOrders(turn.table.orders, turn.table.head.seed, found, _numbers(turn, member, found.read_at))


def _numbers(turn: Turn, member: Member | None, under: str) -> Mapping[int, int]:
    """By program (the ref of its first version), how much higher the numbers of the terms of an id are at the member it leads to."""
    programs = turn.rulebook.programs
    kin = () if member is None or not under else member.seldom.kin
    return {
        programs[code][0].first_ref: number
        for each in kin
        if each.member_id == under
        for code, number in each.numbers.items()
        if code in programs
    }


def _ask(turn: Turn, accepted: Accepted, led: Led) -> None:
    """Adds what is known of the document under this id."""
    orders, found, document = turn.orders, led.found, accepted.document
    led.asked.append(led.member_id)
    try:
        if accepted.own_key and orders.seen(accepted):
            found.twice = found.twice or "same"
    except Conflict as conflict:
        found.twice = found.twice or ("other_by_id" if conflict.by_id else "other_by_receipt")
    if isinstance(document, TestSend) and orders.is_taken(test_key(led.member_id, document.test_id, turn.table.head.seed)):
        found.twice = "same"
    if isinstance(document, Claim):
        found.sent = found.sent or _sent(turn, document, led.member_id)
    named = _named(turn, document, led.member_id)
    if named is not None and not found.order:
        found.order, found.key, found.under = encode_order(named.record), named.key, led.member_id
        found.read_at = led.member_id


def _named(turn: Turn, document: Document, member_id: str) -> Kept | None:
    """The order, or the points, that it is, or takes back from."""
    if isinstance(document, Purchase):
        return turn.orders.order(member_id, document.order_id)
    if isinstance(document, Refund) and document.order_id is not None:
        return turn.orders.order(member_id, document.order_id)
    if isinstance(document, Points) and document.takes_back is not None:
        return turn.orders.points(member_id, document.takes_back)
    return None


def _sent(turn: Turn, document: Claim, member_id: str) -> bytes:
    """What is kept of the test send to this id whose gift is claimed; empty where there was none."""
    grant = parse_grant_id(document.grant_id)
    if grant is None or not grant.label.startswith("test/") or grant.member != escaped(member_id):
        return b""
    key = sent_key(member_id, grant.activity, grant.label.removeprefix("test/"), turn.table.head.seed)
    return turn.orders.sent(key) or b""
