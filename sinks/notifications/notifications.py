"""What members are told, by a gateway of others that is posted to: of mini programs, or of text messages (spec 4.2, 4.3).

Standard Webhooks' messages: `{"type", "timestamp", "data"}`, where `data` is the record of `notifications`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rules.gifts.notices import Notice
from sinks.http.message import Message, message_id
from sinks.http.sender import Sender
from sinks.sink import Answer, Tried, untold

_encode = msgspec.json.Encoder().encode


class Notifications:
    """A Sink of what members are told on one channel."""

    by_message = True

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def look(self) -> None:
        """See Sender."""
        await self._sender.look()

    async def give(self, items: Sequence[Notice], tried: Tried = untold) -> list[Answer]:
        """Has each told. Raises SinkDown."""
        return await self._sender.give([_message(notice) for notice in items], lambda place, came: tried(place, 0, came))

    async def close(self) -> None:
        """Lets go of the gateway."""
        await self._sender.close()


def _message(notice: Notice) -> Message:
    said = {"type": notice.type, "timestamp": notice.at, "data": notice.record}
    return Message(message_id(*notice.key), notice.member_id, _encode(said))
