"""All grants of a member, those too that he has of a member who was merged into him."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from rules.gifts.grant_ids import parse_grant_id
from rules.happened import unescaped
from streams.topics import GIFTS, RELEASES
from tidemark.explaining.grants import Made, made_grants
from tidemark.explaining.stored import Stored


class _Id(Struct):
    grant_id: str


_id = msgspec.json.Decoder(_Id).decode


async def grants_of_member(stored: Stored, member_id: str) -> list[Made] | None:
    """The oldest first; None of one who was deleted: what the books have is nobody's any more. Raises BrokerUnavailable, Corrupt."""
    owner = await stored.owner(member_id)
    if owner.deleted:
        return None
    gifts: list[bytes] = []
    releases: list[bytes] = []
    # What was told under the ids of before comes first.
    for each in dict.fromkeys((*owner.others, member_id, owner.member_id)):
        gifts += await _values(stored, GIFTS, each)
        releases += await _values(stored, RELEASES, each)
    missing = {_id(each).grant_id for each in releases} - {_id(each).grant_id for each in gifts}
    for other in _members(missing):
        gifts += [each for each in await _values(stored, GIFTS, other) if _id(each).grant_id in missing]
    return made_grants(gifts, releases, owner.member_id, owner.member, stored.rulebook)


async def _values(stored: Stored, topic: str, member_id: str) -> list[bytes]:
    return [record.value for record in await stored.of_member(topic, member_id) if record.value is not None]


def _members(grant_ids: Iterable[str]) -> list[str]:
    """To whom these were granted."""
    found = (parse_grant_id(each) for each in grant_ids)
    return sorted({unescaped(grant.member) for grant in found if grant is not None})
