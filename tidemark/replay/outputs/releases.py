"""`--releases`: what became of each gift of each grant (spec 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from streams.topics import DEPARTURES, GIFTS, RELEASES
from tidemark.replay.outputs.output import Output


class _Gift(Struct, gc=False):
    """How a gift is released and claimed: as a definition says it."""

    release: Literal["instant", "hourly", "daily"] = "instant"
    claim: Literal["automatic", "member"] = "automatic"


class _Valid(Struct, gc=False, rename={"from_": "from"}):
    from_: str
    to: str | None


class _Grant(Struct, gc=False):
    grant_id: str
    member_id: str
    gifts: list[_Gift]
    released_at: str | None = None
    valid: list[_Valid | None] | None = None


class Release(Struct, gc=False):
    """A row: of a gift that its grant does not tell of, as it stands on `releases`. Held: nothing is known of it."""

    grant_id: str
    gift: int
    member_id: str
    released_at: str | None = None
    claimed_at: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None


class _Departed(Struct, gc=False):
    member_id: str
    into: str | None


_grant = msgspec.json.Decoder(_Grant).decode
_departed = msgspec.json.Decoder(_Departed).decode
_release = msgspec.json.Decoder(Release).decode
_encode = msgspec.json.Encoder().encode


class Releases(Output):
    """By grant and the gift's place in it. What members did who became one is in several partitions, and may come in any order."""

    topics = (GIFTS, RELEASES, DEPARTURES)

    def __init__(self) -> None:
        self._grants: dict[str, list[Release]] = {}
        self._released: dict[tuple[str, int], Release] = {}
        # By id: to which one it leads.
        self._leads_to: dict[str, str] = {}

    def take(self, topic: str, value: bytes) -> bool:
        if topic == DEPARTURES:
            departed = _departed(value)
            if departed.into is None or self._leads_to.get(departed.member_id) == departed.into:
                return False
            self._leads_to[departed.member_id] = departed.into
            return True
        if topic == GIFTS:
            grant = _grant(value)
            if grant.grant_id in self._grants:
                return False
            self._grants[grant.grant_id] = list(_of_grant(grant))
            return True
        release = _release(value)
        before = self._released.get((release.grant_id, release.gift))
        if before is not None and (before == release or _stage(before) > _stage(release) or before.claimed_at is not None):
            return False
        self._released[release.grant_id, release.gift] = release
        return True

    def rows(self) -> Iterable[bytes]:
        return map(_encode, self.of_gifts())

    def of_gifts(self) -> Iterator[Release]:
        """The rows, by grant and place."""
        for _, gifts in sorted(self._grants.items()):
            for gift in gifts:
                row = self._released.get((gift.grant_id, gift.gift), gift)
                if row.claimed_at is None and row.member_id in self._leads_to:
                    row = replace(row, member_id=self._whose(row.member_id))
                yield row

    def _whose(self, member_id: str) -> str:
        """The id to which one leads, at last. Two may each have been to lead to the other: that is gone round once."""
        followed: set[str] = set()
        while member_id in self._leads_to and member_id not in followed:
            followed.add(member_id)
            member_id = self._leads_to[member_id]
        return member_id


def _stage(release: Release) -> int:
    """How far a gift has come: held, released or claimed. It never goes back."""
    return (release.released_at is not None) + (release.claimed_at is not None)


def _of_grant(grant: _Grant) -> Iterator[Release]:
    """Its gifts, as far as it tells of them itself."""
    for place, gift in enumerate(grant.gifts, 1):
        if gift.release != "instant" or gift.claim != "automatic":
            yield Release(grant.grant_id, place, grant.member_id)
            continue
        valid = None if grant.valid is None else grant.valid[place - 1]
        at = grant.released_at
        valid_from, valid_to = (None, None) if valid is None else (valid.from_, valid.to)
        yield Release(grant.grant_id, place, grant.member_id, at, at, valid_from, valid_to)
