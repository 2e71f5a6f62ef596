"""What is explained, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tidemark.explaining.attempts import Attempt
from tidemark.explaining.counted import Counted
from tidemark.explaining.deliveries import Delivered
from tidemark.explaining.grant import Explained
from tidemark.explaining.grants import state, what
from tidemark.explaining.order import InActivity, OrderExplained

_WHAT = {
    "counted": "it was applied",
    "twice": "it was dropped as the second of another, which has the same till, receipt and date; that one stands",
    "dead_letter": "it is among the dead letters",
    "waits": "it is on its feed, and no worker has taken it yet",
    "too_long_ago": "it came, and so long ago that what it counted for is no longer kept",
}

_CAME = {
    "taken": "taken",
    "known": "the sink had it before",
    "waiting": "the sink was found down, and it was not sent",
}
# Of attempts at one gift, as many at the beginning and at the end.
_ATTEMPTS = 5


def grant_lines(explained: Explained) -> list[str]:
    """Of a grant."""
    return [
        *_about(explained),
        *_version(explained),
        *_orders(explained),
        *_gifts(explained),
        *_notifications(explained),
        *_no_longer(explained.no_longer_kept),
    ]


def _about(explained: Explained) -> Iterator[str]:
    grant = explained.grant or explained.refused
    assert grant is not None
    yield f"grant        {grant.grant_id}"
    yield f"member       {grant.member_id or 'deleted: what the books need is kept, without the person'}"
    yield f"activity     {grant.activity or 'none: a benefit of the level'}"
    for name in ("ordinal", "level", "run", "test"):
        value = getattr(grant, name, None)
        if value is not None:
            yield f"{name:12} {value}"
    yield f"made by      {'order ' + grant.order_id if grant.order_id else 'no order'}, of {grant.occurred_at}"
    if explained.refused is not None:
        yield f"refused      by the limit {explained.refused.limit}; its gifts were not given, and never will be"


def _version(explained: Explained) -> Iterator[str]:
    version = explained.version
    if version is None:
        return
    by = f" by {version.saved_by}" if version.saved_by else ""
    yield f"version      {version.version} ({version.change}), saved {version.saved_at}{by}; holds from {version.holds_from or 'ever'}"
    for field in ("condition", "levels", "segment", "schedule", "item_scope", "limits"):
        if field in version.document:
            yield f"{field:12} {msgspec.json.encode(version.document[field]).decode()}"


def _orders(explained: Explained) -> Iterator[str]:
    if explained.sums is None:
        return
    sums, grant = explained.sums, explained.grant or explained.refused
    yield f"orders that counted, by {sums.measure}:"
    for each in explained.orders:
        yield from _order(each, grant is not None and grant.order_id == each.order_id)
    yield f"  together   {sums.named:,} now; {sums.others:,} more of what is not known by name; the member's sum is {sums.now:,}"


def _order(order: Counted, made_it: bool) -> Iterator[str]:
    made = ", which made the grant" if made_it else ""
    placed = f"placed {order.placed_at}" if order.placed_at else f"came {order.came_at}"
    back = f", {order.taken_back:,} of it taken back" if order.taken_back else ""
    yield f"  {order.order_id}  {order.counted:,}{back}; {placed}, version {order.version}{made}"
    for refund in order.refunds:
        yield f"    refund {refund.refund_id}  of {refund.refunded_at}, lines of {refund.amount:,}"


def _gifts(explained: Explained) -> Iterator[str]:
    if explained.grant is None:
        return
    yield "gifts:"
    for gift in explained.grant.gifts:
        yield f"  {gift.gift}  {what(gift)}: {state(gift)}"
        for each in explained.deliveries.get(gift.gift, []):
            yield from _at_sink(each)


def _notifications(explained: Explained) -> Iterator[str]:
    if explained.notifications:
        yield "told of its coupons:"
    for told in explained.notifications:
        yield f"  {told.at}  in mini program {told.mini_program}{f', by the text {told.message}' if told.message else ''}"
        for each in told.deliveries:
            yield from _at_sink(each)


def _at_sink(each: Delivered) -> Iterator[str]:
    yield f"     {each.sink}: {_delivered(each)}"
    yield from _attempts(each.attempts)


def _delivered(each: Delivered) -> str:
    words = {
        "given": "given",
        "waits": "not given yet",
        "no_worker": "not given: no worker of this sink has ever run",
        "refused": f"refused, {each.reason}: {each.detail}",
    }
    return words[each.state]


def _attempts(attempts: list[Attempt]) -> Iterator[str]:
    """The first and the last ones, where they are many."""
    shown = attempts if len(attempts) <= 2 * _ATTEMPTS else [*attempts[:_ATTEMPTS], None, *attempts[-_ATTEMPTS:]]
    for each in shown:
        if each is None:
            yield f"       … {len(attempts) - 2 * _ATTEMPTS:,} attempts more, which --json has"
        else:
            yield f"       {each.at}  {_CAME.get(each.came, each.came)}{f'; again at {each.next_at}' if each.next_at else ''}"


def _no_longer(said: list[str]) -> Iterator[str]:
    if said:
        yield "no longer kept:"
        for each in said:
            yield f"  {each}"


def order_lines(explained: OrderExplained) -> list[str]:
    """Of an order."""
    return [*_of_order(explained), *_no_longer(explained.no_longer_kept)]


def _of_order(explained: OrderExplained) -> Iterator[str]:
    yield f"order        {explained.order_id} of member {explained.member_id}: {_WHAT[explained.what]}"
    if explained.placed_at:
        yield f"placed       {explained.placed_at}"
    if explained.came_at:
        yield f"came         {explained.came_at}"
    for letter in explained.dead_letters:
        yield f"dead letter  {letter.source}: {letter.reason}: {letter.detail}"
    for program in explained.programs:
        yield f"program      {program.program}: {program.counted:,} counted towards its levels"
    if explained.activities:
        yield "activities:"
    for each in explained.activities:
        yield f"  {each.activity} ({each.type}{'' if each.version is None else f', version {each.version}'}): {_in_activity(each)}"
    for name, ids in (("made", explained.grants), ("refused", explained.refused)):
        for grant_id in ids:
            yield f"{name:12} {grant_id}"


def _in_activity(each: InActivity) -> str:
    if each.counted:
        return f"counted {each.counted:,} ({each.measure})"
    return f"did not count: {each.detail}" if each.kept_out is None else f"did not count, by its {each.kept_out}: {each.detail}"
