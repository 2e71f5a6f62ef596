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
from streams.topics import GIFTS, REFUSALS, RELEASES
from tidemark.explaining.counted import Counted, Sums, counted_orders, sums
from tidemark.explaining.deliveries import Delivered, Progress, read_progress
from tidemark.explaining.grants import Gift, Made, made_grants
from tidemark.explaining.stored import Stored

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
    `deliveries`: by the gift's place; of those that were claimed. `no_longer_kept`: what is not, and since when it is.
    """

    grant: Made | None
    refused: Refusal | None
    version: OfVersion | None
    orders: list[Counted]
    sums: Sums | None
    deliveries: dict[int, list[Delivered]]
    no_longer_kept: list[str]


class _Found(NamedTuple):
    member_id: str
    made: Made | None
    refused: Refusal | None


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
    gifts = [each for each in await stored.of_member(GIFTS, member_id) if _is_of(each, grant_id)]
    if gifts:
        releases = await _releases(stored, grant_id, member_id)
        member = await stored.member(member_id)
        values = [each.value or b"" for each in releases]
        (made,) = made_grants([gifts[0].value or b""], values, member_id, member, stored.rulebook)
        return _Found(member_id, made, None)
    for record in await stored.of_member(REFUSALS, member_id):
        if _is_of(record, grant_id):
            return _Found(member_id, None, _refusal(record.value or b""))
    return None


async def _releases(stored: Stored, grant_id: str, member_id: str) -> list[Record]:
    return [each for each in await stored.of_member(RELEASES, member_id) if _is_of(each, grant_id)]


class _Id(Struct):
    grant_id: str


_id = msgspec.json.Decoder(_Id).decode


def _is_of(record: Record, grant_id: str) -> bool:
    return record.value is not None and _id(record.value).grant_id == grant_id


async def _explain(stored: Stored, grant_id: str, found: _Found) -> Explained:
    grant = found.made or found.refused
    assert grant is not None
    explained = Explained(found.made, found.refused, None, [], None, {}, stored.no_longer)
    if grant.activity is not None and parse_grant_id(grant_id) is not None:
        if found.made is not None:
            explained.version = of_version(stored.rulebook, grant.activity, found.made.version)
        await _add_orders(stored, grant.activity, found.member_id, explained)
    if found.made is not None:
        explained.deliveries = await _deliveries(stored, grant_id, found.made, found.member_id)
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


async def _add_orders(stored: Stored, activity: str, member_id: str, explained: Explained) -> None:
    """What counted in the activity; of a tier_upgrade or a bulk no order does."""
    table = await stored.table(stored.partition(member_id))
    member = None if member_id not in table.members else table.look(member_id)
    if member is None or sums(activity, member, [], stored.rulebook) is None:
        return
    seed = table.head.seed
    documents = await stored.documents(member_id, seed)
    granting = [_order_of(each) for each in await stored.of_member(GIFTS, member_id)]
    explained.orders = counted_orders(
        activity, member_id, [each for each in granting if each], documents, Orders(table.orders, seed), stored.rulebook, seed
    )
    explained.sums = sums(activity, member, explained.orders, stored.rulebook)


class _Order(Struct):
    order_id: str | None = None


_order = msgspec.json.Decoder(_Order).decode


def _order_of(record: Record) -> str | None:
    return None if record.value is None else _order(record.value).order_id


async def _deliveries(stored: Stored, grant_id: str, made: Made, member_id: str) -> dict[int, list[Delivered]]:
    """Of each gift that is claimed, by its place: it stands on `gifts` where it was claimed with its grant, else on `releases`."""
    partition = stored.partition(member_id)
    progress: Progress = await read_progress(stored, partition, (GIFTS, RELEASES))
    found: dict[int, list[Delivered]] = {}
    grants = [each for each in await stored.of_member(GIFTS, member_id) if _is_of(each, grant_id)]
    releases = await _releases(stored, grant_id, member_id)
    for gift in made.gifts:
        if gift.state == "claimed":
            told = [each for each in releases if _tells_of(each, gift)]
            topic, records = (RELEASES, told) if told else (GIFTS, grants[:1])
            found[gift.gift] = [each for record in records for each in progress.of(topic, partition, record)]
    return found


class _Told(Struct):
    gift: int
    claimed_at: str | None


_told = msgspec.json.Decoder(_Told).decode


def _tells_of(record: Record, gift: Gift) -> bool:
    told = _told(record.value or b"")
    return told.gift == gift.gift and told.claimed_at is not None
