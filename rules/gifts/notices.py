"""What a member is told, on one channel: as whoever tells him needs it (spec 4.3)."""

from __future__ import annotations

from msgspec import Raw, Struct


class Notice(Struct, frozen=True):
    """`key`: what it counts once by, made of what it tells. `record`: as it stands on `notifications`."""

    key: tuple[str, ...]
    type: str
    member_id: str
    at: str
    record: Raw
