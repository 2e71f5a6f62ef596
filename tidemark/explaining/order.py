"""What became of an order: in which activities and programs it counted, and what kept it out of the others (spec 2.3, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from agents.fold.orders import Orders
from broker.wire.records import Record
from rules.definitions.kinds import ACTIVITY
from rules.documents.purchase import Purchase
from rules.explaining.orders import Verdict, verdicts
from rules.members import programs_at
from rules.order_record import OrderRecord
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import at_utc, epoch_us, iso
from streams.decode import ANY_ZONE, NO_LIMITS, Malformed, decode
from streams.feeds.feed import PassedOver
from streams.topics import DEAD_LETTERS, GIFTS, REFUSALS
from tables.partition import PartitionTable
from tidemark.dead_letters.letters import Resent, read_letters
from tidemark.explaining.counted import added, in_activity
from tidemark.explaining.stored import Document, Stored


class InActivity(Struct):
    """Of one activity: what the order `counted` for, in `measure`, under which version; 0 where it did not, and then `kept_out` is the
    first condition of spec 2.3 that it did not meet, `detail` in words; null where that is no longer known.
    """

    activity: str
    type: str
    version: int | None
    counted: int
    measure: str | None
    kept_out: str | None
    detail: str


class InProgram(Struct):
    """What counted towards the levels of a program, minor units, before any refund."""

    program: str
    counted: int


class Letter(Struct):
    """A dead letter of the order."""

    source: str
    reason: str
    detail: str


class OrderExplained(Struct):
    """`what`: `counted` (it was applied); `twice`: dropped as the second of another; `dead_letter`; `waits`: it is on its feed and not
    taken yet; `too_long_ago`: it is on its feed, and what was kept of it is gone. `grants`: those that it made; `refused`: and did not.
    """

    order_id: str
    member_id: str
    what: str
    placed_at: str | None
    came_at: str | None
    programs: list[InProgram]
    activities: list[InActivity]
    grants: list[str]
    refused: list[str]
    dead_letters: list[Letter]
    no_longer_kept: list[str]


async def explain_order(stored: Stored, order_id: str, member_id: str) -> OrderExplained | None:
    """None where nothing is known of it. Raises BrokerUnavailable, Corrupt."""
    partition = stored.partition(member_id)
    table = await stored.table(partition)
    documents = [
        each
        for each in await stored.documents(member_id, table.head.seed)
        if isinstance(each.accepted.document, Purchase) and each.accepted.document.order_id == order_id
    ]
    letters = await _letters(stored, order_id, member_id)
    orders = Orders(table.orders, table.head.seed)
    record = orders.at_first(member_id, order_id)
    if record is None and not documents and not letters:
        return None
    # Another with its id may have come, which is a conflict: what was applied is told by its content.
    applied = [each for each in documents if record is None or each.accepted.content == record.content]
    document = applied[0] if applied else None
    explained = OrderExplained(
        order_id,
        member_id,
        _what(record, orders.was_dropped(member_id, order_id), document, letters, table),
        None if document is None else iso(document.accepted.document.placed_at),
        None if record is None else at_utc(record.came_ms),
        [],
        [],
        [_id(each) for each in await stored.of_member(GIFTS, member_id) if _names(each, order_id)],
        [_id(each) for each in await stored.of_member(REFUSALS, member_id) if _names(each, order_id)],
        letters,
        stored.no_longer,
    )
    if record is not None:
        member = table.look(member_id) if member_id in table.members else None
        explained.programs = _programs(record, stored.rulebook)
        explained.activities = activities(record, document, member, stored.rulebook)
    return explained


def _what(
    record: OrderRecord | None, dropped: bool, document: Document | None, letters: Sequence[Letter], table: PartitionTable
) -> str:
    if dropped:
        return "twice"
    if record is not None:
        return "counted"
    if document is not None and table.head.positions.get(document.topic, 0) <= document.offset:
        return "waits"
    return "dead_letter" if letters else "too_long_ago"


def activities(record: OrderRecord, document: Document | None, member: Member | None, rulebook: Rulebook) -> list[InActivity]:
    """Of every activity: counted is what the order's record says. Why it did not in the others is judged by its document, where that is
    still kept.
    """
    said: dict[str, Verdict] = {}
    if document is not None and member is not None:
        programs = programs_at(member, epoch_us(document.accepted.document.placed_at))
        said = {each.activity: each for each in verdicts(document.accepted, programs, record.came_ms, rulebook)}
    found = []
    for chain in rulebook.chains():
        if chain.newest is None or chain.newest.saved.kind != ACTIVITY:
            continue
        code, verdict = chain.newest.saved.code, said.get(chain.newest.saved.code)
        activity = in_activity(record, rulebook, code)
        if activity is not None:
            measure = "amount" if activity.by_amount else "pieces"
            each = InActivity(code, chain.newest.kind.name, activity.version, added(record, activity), measure, None, "")
        else:
            each = _kept_out(code, chain.newest.kind.name, verdict, isinstance(chain.newest.compiled, CompiledActivity))
        found.append(each)
    return sorted(found, key=lambda each: each.activity)


def _kept_out(code: str, kind: str, verdict: Verdict | None, counts_orders: bool) -> InActivity:
    if verdict is None and counts_orders:
        return InActivity(
            code, kind, None, 0, None, None, "what kept it out is no longer known: its document is gone from its feed"
        )
    if verdict is None:
        return InActivity(code, kind, None, 0, None, "type", f"no order counts in a {kind}")
    if verdict.kept_out is None:
        detail = "the member's programs, or the definitions, were others when it came than are known of that time now"
        return InActivity(code, kind, verdict.version, 0, verdict.measure, "changed", detail)
    return InActivity(code, kind, verdict.version, 0, verdict.measure, verdict.kept_out, verdict.detail)


def _programs(record: OrderRecord, rulebook: Rulebook) -> list[InProgram]:
    amount = sum(int(each) for each in record.items[2::3])
    by_ref = {versions[0].first_ref: code for code, versions in rulebook.programs.items() if versions}
    return [InProgram(by_ref[ref], amount - record.left_out) for ref in record.programs if ref in by_ref]


async def _letters(stored: Stored, order_id: str, member_id: str) -> list[Letter]:
    """The dead letters of an order; of what is no document, those in which both ids stand."""
    found: dict[str, Letter] = {}
    async for each in read_letters(stored.client, stored.settings.prefix + DEAD_LETTERS):
        if isinstance(each, Resent) or not (order_id.encode() in each.raw and member_id.encode() in each.raw):
            continue
        if _is_other(each.raw, order_id, member_id):
            continue
        found[each.id] = Letter(each.id, each.letter.reason, each.letter.detail)
    return list(found.values())


def _is_other(raw: bytes, order_id: str, member_id: str) -> bool:
    """Whether bytes are another document than the order."""
    try:
        document = decode(raw, NO_LIMITS, ANY_ZONE)
    except (Malformed, PassedOver):
        return False
    return not isinstance(document, Purchase) or (document.order_id, document.member_id) != (order_id, member_id)


class _Made(Struct):
    grant_id: str
    order_id: str | None = None


_made = msgspec.json.Decoder(_Made).decode


def _names(record: Record, order_id: str) -> bool:
    return record.value is not None and _made(record.value).order_id == order_id


def _id(record: Record) -> str:
    return _made(record.value or b"").grant_id
