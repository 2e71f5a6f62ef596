"""Why there is a grant, and what became of it: of what is stored of it, and nothing reckoned anew (spec 2.4 to 2.10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from agents.fold.orders import Orders
from broker.wire.records import Record
from rules.definitions.kinds import ACTIVITY
from rules.gifts.grant_ids import parse_grant_id
from rules.happened import Refusal, unescaped
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from rules.times import at_utc
from streams.topics import GIFTS, NOTIFICATIONS, REFUSALS, RELEASES
from tidemark.explaining.counted import Counted, Sums, counted_orders, sums
from tidemark.explaining.deliveries import Delivered, SinksRead
from tidemark.explaining.grants import Gift, Made, made_grants
from tidemark.explaining.notified import Notified, read_notified
from tidemark.explaining.stored import Owner, Stored

_refusal = msgspec.json.Decoder(Refusal).decode


class OfVersion(Struct):
    """The version of the activity that it was made by."""

    version: int
    change: str
    saved_at: str | None
    saved_by: str
    holds_from: str | None
    document: dict[str, object]


class Explained(Struct):
    """A grant. `grant`: null where it was refused, and then `limit` says by which. `version`: null of a program's upgrade points, and where
    its definition is not there. `orders`: that counted in the activity, as far as they are known by name; `sums`: of a cumulative_spend.
    `deliveries`: by the gift's place; of those that were claimed. `notifications`: of its coupons. `no_longer_kept`: what is not, and since
    when it is.
    """

    grant: Made | None
    refused: Refusal | None
    version: OfVersion | None
    orders: list[Counted]
    sums: Sums | None
    deliveries: dict[int, list[Delivered]]
    notifications: list[Notified]
    no_longer_kept: list[str]


class _Found(NamedTuple):
    """A grant as it was made, or the refusal; the records that tell of it and of its gifts, each with its partition."""

    owner: Owner
    made: Made | None
    refused: Refusal | None
    grant: tuple[int, Record] | None
    releases: list[tuple[int, Record]]
    notifications: list[tuple[int, Record]]


async def explain_grant(stored: Stored, grant_id: str) -> Explained | None:
    """None where no such grant was made or refused. Raises BrokerUnavailable, Corrupt."""
    for member_id in _members(grant_id):
        found = await _find(stored, grant_id, member_id)
        if found is not None:
            return await _explain(stored, grant_id, found)
    return None


def _members(grant_id: str) -> Sequence[str]:
    """Whose it may be: of an activity's the id follows its code, of upgrade points it comes last (spec 2.4, 3.8)."""
    parts = grant_id.split("/")
    return [] if len(parts) < 3 else list(dict.fromkeys((unescaped(parts[1]), unescaped(parts[-1]))))


async def _find(stored: Stored, grant_id: str, member_id: str) -> _Found | None:
    """`member_id`: to whom it was made; what became of it later stands under the id of whose it is now."""
    gifts = await _of_grant(stored, GIFTS, grant_id, member_id)
    if gifts:
        owner = await stored.owner(member_id)
        releases, notifications = [
            [each for one in dict.fromkeys((member_id, owner.member_id)) for each in await _of_grant(stored, topic, grant_id, one)]
            for topic in (RELEASES, NOTIFICATIONS)
        ]
        values = [record.value or b"" for _, record in releases]
        (made,) = made_grants([gifts[0][1].value or b""], values, owner.member_id, owner.member, stored.rulebook)
        if owner.deleted:
            made.member_id = None
        return _Found(owner, made, None, gifts[0], releases, notifications)
    for _, record in await _of_grant(stored, REFUSALS, grant_id, member_id):
        owner, refused = await stored.owner(member_id), _refusal(record.value or b"")
        if owner.deleted:
            refused.member_id = ""
        return _Found(owner, None, refused, None, [], [])
    return None


async def _of_grant(stored: Stored, topic: str, grant_id: str, member_id: str) -> list[tuple[int, Record]]:
    """The records of a grant under a member's id, each with its partition."""
    partition = stored.partition(member_id)
    return [(partition, each) for each in await stored.of_member(topic, member_id) if _is_of(each, grant_id)]


class _Id(Struct):
    # Not all that a member is told is of a grant.
    grant_id: str | None = None


_id = msgspec.json.Decoder(_Id).decode


def _is_of(record: Record, grant_id: str) -> bool:
    return record.value is not None and _id(record.value).grant_id == grant_id


async def _explain(stored: Stored, grant_id: str, found: _Found) -> Explained:
    grant = found.made or found.refused
    assert grant is not None
    explained = Explained(found.made, found.refused, None, [], None, {}, [], stored.no_longer)
    if grant.activity is not None and parse_grant_id(grant_id) is not None:
        if found.made is not None:
            explained.version = of_version(stored.rulebook, grant.activity, found.made.version)
        await _add_orders(stored, grant.activity, found.owner, explained)
    if found.made is not None and found.grant is not None:
        sinks = SinksRead(stored)
        explained.deliveries = await _deliveries(sinks, found.made, found.grant, found.releases)
        explained.notifications = await read_notified(sinks, found.notifications)
    return explained


def of_version(rulebook: Rulebook, code: str, version: int) -> OfVersion | None:
    """A version of an activity."""
    chain = rulebook.chain(ACTIVITY, code)
    standing = None if chain is None else next((each for each in chain.standing if each.saved.version == version), None)
    if standing is None:
        return None
    saved = standing.saved
    return OfVersion(
        saved.version,
        saved.change,
        at_utc(saved.saved_at_ms),
        saved.saved_by,
        None if standing.from_ms == ALWAYS_MS else at_utc(standing.from_ms),
        standing.document,
    )


async def _add_orders(stored: Stored, activity: str, owner: Owner, explained: Explained) -> None:
    """What counted in the activity, under every id that is the member's; of a tier_upgrade or a bulk no order does."""
    if owner.member is None or sums(activity, owner.member, [], stored.rulebook) is None:
        return
    for member_id in owner.ids:
        table = await stored.table(stored.partition(member_id))
        seed = table.head.seed
        documents = await stored.documents(member_id, seed)
        granting = [order_id for each in await stored.of_member(GIFTS, member_id) if (order_id := _order_of(each))]
        orders = Orders(table.orders, seed)
        explained.orders += counted_orders(activity, member_id, granting, documents, orders, stored.rulebook, seed)
    explained.sums = sums(activity, owner.member, explained.orders, stored.rulebook)


class _Order(Struct):
    order_id: str | None = None


_order = msgspec.json.Decoder(_Order).decode


def _order_of(record: Record) -> str | None:
    return None if record.value is None else _order(record.value).order_id


async def _deliveries(
    sinks: SinksRead, made: Made, grant: tuple[int, Record], releases: list[tuple[int, Record]]
) -> dict[int, list[Delivered]]:
    """Of each gift that is claimed, by its place: it stands on `gifts` where it was claimed with its grant, else on `releases`."""
    found: dict[int, list[Delivered]] = {}
    for gift in made.gifts:
        if gift.state != "claimed":
            continue
        told = next((each for each in releases if _tells_of(each[1], gift)), None)
        topic, (partition, record) = (GIFTS, grant) if told is None else (RELEASES, told)
        progress = await sinks.of(partition)
        found[gift.gift] = progress.of(topic, partition, record, gift.gift)
    return found


class _Told(Struct):
    gift: int
    claimed_at: str | None


_told = msgspec.json.Decoder(_Told).decode


def _tells_of(record: Record, gift: Gift) -> bool:
    told = _told(record.value or b"")
    return told.gift == gift.gift and told.claimed_at is not None
