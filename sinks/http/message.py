"""A message to a target: Standard Webhooks (https://www.standardwebhooks.com), with the key by which it counts once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from standardwebhooks import Webhook

# What a header's value may hold as it is. A full stop is what Standard Webhooks puts between a message's id and the rest of what is signed.
_PLAIN = "/!#$&'()*+,:;=?@[]^|~"


class Message(NamedTuple):
    """`id`: what it counts once by, the same however often it is sent. `member_id`: of one member they go in their order. `body`: JSON."""

    id: str
    member_id: str
    body: bytes


def message_id(*parts: str) -> str:
    """Of parts the last of which holds no `#`, as a header may hold it; of other parts it is another."""
    return quote("#".join(parts), safe=_PLAIN).replace(".", "%2E")


def headers_of(message: Message, keys: Sequence[Webhook], now: datetime) -> dict[str, str]:
    """Signed by each of the keys; `now`: aware, whose seconds are signed too."""
    # The library takes the clock time for UTC, whatever zone it is in.
    now = now.astimezone(UTC)
    text = message.body.decode()
    return {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(key.sign(message.id, now, text) for key in keys),
        "idempotency-key": message.id,
    }
