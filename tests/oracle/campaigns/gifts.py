"""What becomes of a grant's gifts: released, claimed, valid until (spec 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..times import parse, to_us
from .calendars import last_second_of_day, next_hour, next_midnight

Document = dict[str, Any]


@dataclass
class Gift:
    """`holder`: whose it is, where that is not whose the grant was."""

    document: Document
    released: int | None = None
    claimed: int | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    holder: str | None = None

    @property
    def is_coupon(self) -> bool:
        return bool(self.document["kind"] == "coupon")

    @property
    def quantity(self) -> int:
        return int(self.document.get("quantity", 1))

    @property
    def last(self) -> int | None:
        """The last moment of a fixed validity."""
        validity = self.document.get("validity", {})
        return to_us(parse(validity["to"])) if "to" in validity else None

    def first_try(self, after_us: int, zone: str) -> int:
        """When it can next be released, after a time; a time of no kind: at once."""
        match self.document.get("release", "instant"):
            case "hourly":
                return next_hour(after_us, zone)
            case "daily":
                return next_midnight(after_us, zone)
        return after_us

    def release(self, at_us: int, zone: str) -> None:
        self.released = at_us
        if self.document.get("claim", "automatic") == "automatic":
            self.claim(at_us, zone)

    def claim(self, at_us: int, zone: str) -> None:
        self.claimed = at_us
        if not self.is_coupon:
            return
        validity = self.document.get("validity", {})
        self.valid_from = to_us(parse(validity["from"])) if "from" in validity else at_us
        self.valid_to = last_second_of_day(at_us, validity["days"], zone) if "days" in validity else self.last


@dataclass
class Grant:
    """`needs`: what the total of a `once` must reach for its gifts to be released. `owner`: whose is what is not claimed; `dropped`:
    nobody's.
    """

    grant_id: str
    activity: str
    member_id: str
    version: int
    occurred: int
    gifts: list[Gift]
    zone: str
    notify: Document
    ordinal: int | None = None
    level: str | None = None
    run: str | None = None
    test: str | None = None
    order_id: str | None = None
    needs: int | None = None
    refused: str | None = None
    owner: str = ""
    dropped: bool = False

    def __post_init__(self) -> None:
        self.owner = self.member_id
