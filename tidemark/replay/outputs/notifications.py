"""`--notifications`: what members were told (spec 4.3, 6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from streams.topics import NOTIFICATIONS
from tidemark.replay.outputs.output import Output


class _Notification(Struct, gc=False):
    type: str
    at: datetime
    grant_id: str = ""
    mini_program: str | None = None


_notification = msgspec.json.Decoder(_Notification).decode


class Notifications(Output):
    """By grant, time and mini program: as each is told once."""

    topics = (NOTIFICATIONS,)

    def __init__(self) -> None:
        self._told: dict[tuple[str, datetime, str], bytes] = {}

    def take(self, topic: str, value: bytes) -> bool:
        told = _notification(value)
        if told.type != "coupon_arrival" or told.mini_program is None:
            # What programs tell (spec 3.11) is not of this file.
            return False
        key = told.grant_id, told.at, told.mini_program
        if key in self._told:
            return False
        self._told[key] = value
        return True

    def rows(self) -> Iterable[bytes]:
        return [value for _, value in sorted(self._told.items())]
