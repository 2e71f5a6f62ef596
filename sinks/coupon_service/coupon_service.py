"""Coupons that a service of others issues, told to it over HTTP (spec 4.2): each gift a signed message, which it takes once by its key.

The message is Standard Webhooks': `{"type": "coupon.given", "timestamp", "data"}`; its id and Idempotency-Key are made of the grant's id
and the gift's place in it. Points are not told: the wallet has them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rules.gifts.granted import CouponGift
from sinks.http.message import Message, message_id
from sinks.http.sender import Sender
from sinks.sink import Answer, Refused, Taken, Tried, untold

_encode = msgspec.json.Encoder().encode


class CouponService:
    """A Sink of the coupons of a record, each told of apart; what is refused of one, is of the record."""

    by_message = True

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def look(self) -> None:
        """See Sender."""
        await self._sender.look()

    async def give(self, items: Sequence[Sequence[CouponGift]], tried: Tried = untold) -> list[Answer]:
        """Tells of each coupon. Raises SinkDown."""
        messages = [[_message(gift) for gift in gifts] for gifts in items]
        places = [(item, gift.gift) for item, gifts in enumerate(items) for gift in gifts]
        answers = iter(
            await self._sender.give(
                [message for each in messages for message in each], lambda place, came: tried(*places[place], came)
            )
        )
        return [_together([next(answers) for _ in each]) for each in messages]

    async def close(self) -> None:
        """Lets go of the service."""
        await self._sender.close()


def _message(gift: CouponGift) -> Message:
    said = {"type": "coupon.given", "timestamp": gift.claimed_at, "data": gift}
    return Message(message_id(gift.grant_id, str(gift.gift)), gift.member_id, _encode(said))


def _together(answers: Sequence[Answer]) -> Answer:
    """Of the gifts of one record: it is among the dead letters once, and those of it that were taken are known when it is sent again."""
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    if refused:
        return refused[0]
    return Taken.NOW if Taken.NOW in answers else Taken.BEFORE
