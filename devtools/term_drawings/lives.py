"""The lives that docs/levels.md draws, one for each standard and for what prolongs a term; a test plays each of them through the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Kind = Literal["order", "refund", "payment", "end"]
SILVER, GOLD = {"code": "silver", "name": "Silver", "threshold": 100}, {"code": "gold", "name": "Gold", "threshold": 500}


@dataclass(frozen=True, slots=True)
class Event:
    """What happens on a day, in a word, and what comes of it, in lines. `amount`: of it, or taken back; `level`: that is paid for."""

    day: date
    kind: Kind
    what: str
    notes: Sequence[str] = ()
    amount: int = 0
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Of a level: from a day to the last one, or to the end of the drawing."""

    level: str
    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Days that are looked at together, and what they are."""

    first: date
    last: date
    label: str


@dataclass(frozen=True, slots=True)
class Life:
    """One member's. `terms`: how long each level would be held by itself; `held`: which one he holds."""

    name: str
    title: str
    rules: Mapping[str, Any]
    levels: Sequence[Mapping[str, Any]]
    events: Sequence[Event]
    terms: Sequence[Run]
    held: Sequence[Run]
    end: date
    windows: Sequence[Window] = ()
    first: date | None = None
    """Of the drawing; the first event's day where it is left out."""

    @property
    def program(self) -> dict[str, Any]:
        """The definition that it is lived under (spec 3.1)."""
        document = {"kind": "program", "code": "classic", "name": "Classic", "timezone": "UTC", "currency": "GBP", "default": True}
        return document | {"levels": list(self.levels)} | dict(self.rules)


def _on(month: int, day: int, year: int = 2024) -> date:
    return date(year, month, day)


EACH = Life(
    "each",
    "each: one order reaches it; validity 30 days",
    {"standard": {"mode": "each"}, "validity": {"days": 30}},
    (SILVER, GOLD),
    (
        Event(_on(1, 1), "order", "600", ("reaches gold,", "until 31 Jan"), 600),
        Event(_on(1, 18), "order", "150", ("in the term",), 150),
        Event(_on(1, 31), "end", "gold's term ends", ("best order in it: 150:", "silver, 30 days more")),
        Event(_on(3, 1), "end", "silver's term ends", ("nothing in it:", "no level")),
    ),
    (Run("gold", _on(1, 1), _on(1, 31)), Run("silver", _on(2, 1), _on(3, 1))),
    (Run("gold", _on(1, 1), _on(1, 31)), Run("silver", _on(2, 1), _on(3, 1))),
    _on(3, 12),
)
HISTORY = Life(
    "history",
    "history: the sum of all that counted, up and down; there are no terms",
    {"standard": {"mode": "total", "window": "history"}},
    (SILVER, GOLD),
    (
        Event(_on(1, 1), "order", "150", ("sum 150:", "silver"), 150),
        Event(_on(1, 20), "order", "400", ("sum 550:", "gold"), 400),
        Event(_on(2, 16), "refund", "100 back", ("sum 450: silver,", "at once"), 100),
        Event(_on(3, 10), "order", "50", ("sum 500:", "gold again"), 50),
    ),
    (),
    (
        Run("silver", _on(1, 1), _on(1, 19)),
        Run("gold", _on(1, 20), _on(2, 15)),
        Run("silver", _on(2, 16), _on(3, 9)),
        Run("gold", _on(3, 10)),
    ),
    _on(3, 31),
)
SINCE_UPGRADE = Life(
    "since-upgrade",
    "since_upgrade: the sum since the last upgrade; validity one year",
    {"standard": {"mode": "total", "window": "since_upgrade"}, "validity": {"years": 1}},
    (SILVER, GOLD),
    (
        Event(_on(1, 1), "order", "600", ("gold; the count", "starts again"), 600),
        Event(_on(7, 1), "order", "500", ("in the term",), 500),
        Event(_on(1, 1, 2025), "end", "gold's term ends", ("500 in it: gold,", "a year more")),
        Event(_on(7, 15, 2025), "order", "100", ("in the term",), 100),
        Event(_on(1, 1, 2026), "end", "gold's term ends", ("100 in it: silver, and", "the count starts again")),
    ),
    (
        Run("gold", _on(1, 1), _on(1, 1, 2025)),
        Run("gold", _on(1, 2, 2025), _on(1, 1, 2026)),
        Run("silver", _on(1, 2, 2026)),
    ),
    (Run("gold", _on(1, 1), _on(1, 1, 2026)), Run("silver", _on(1, 2, 2026))),
    _on(5, 1, 2026),
    (Window(_on(1, 1), _on(1, 1, 2025), "in gold's term"), Window(_on(1, 2, 2025), _on(1, 1, 2026), "in the next one")),
)
PERIOD = Life(
    "period",
    "period of 90 days: the sum of a window; validity 30 days",
    {"standard": {"mode": "total", "window": "period", "period": {"days": 90}}, "validity": {"days": 30}},
    (SILVER, GOLD),
    (
        Event(_on(1, 1), "order", "150", ("silver,", "until 31 Jan"), 150),
        Event(_on(1, 31), "end", "its term ends", ("150 in 90 days:", "30 days more")),
        Event(_on(3, 1), "end", "its term ends", ("150 in 90 days:", "30 days more")),
        Event(_on(3, 31), "end", "its term ends", ("1 Jan is out of the", "window: no level")),
    ),
    (
        Run("silver", _on(1, 1), _on(1, 31)),
        Run("silver", _on(2, 1), _on(3, 1)),
        Run("silver", _on(3, 2), _on(3, 31)),
    ),
    (Run("silver", _on(1, 1), _on(3, 31)),),
    _on(4, 12),
    (
        Window(_on(11, 3, 2023), _on(1, 31), "the window of 31 Jan: 150"),
        Window(_on(12, 3, 2023), _on(3, 1), "of 1 Mar: 150"),
        Window(_on(1, 2), _on(3, 31), "of 31 Mar: 0"),
    ),
    _on(12, 20, 2023),
)
LOCK_IN = Life(
    "lock-in",
    "lock-in by one order of 40 or more: the end moves by 10 days, once a term",
    {"standard": {"mode": "each"}, "validity": {"days": 30}, "lock_in": {"by": "single_order", "extend": {"days": 10}}},
    (SILVER | {"lock_in_amount": 40}, GOLD | {"lock_in_amount": 200}),
    (
        Event(_on(1, 1), "order", "150", ("silver,", "until 31 Jan"), 150),
        Event(_on(1, 14), "order", "40", ("locks in:", "until 10 Feb"), 40),
        Event(_on(1, 31), "end", "the end moves", ("once a term",)),
        Event(_on(2, 10), "end", "the term ends", ("best order in all", "of it: 40: no level")),
    ),
    (Run("silver", _on(1, 1), _on(1, 31)), Run("silver", _on(2, 1), _on(2, 10))),
    (Run("silver", _on(1, 1), _on(2, 10)),),
    _on(2, 20),
)
PAID = Life(
    "paid",
    "paid beside spent for: gold is dual, plus is paid for; the higher is held",
    {"standard": {"mode": "each"}, "validity": {"days": 90}},
    (
        SILVER,
        {"code": "plus", "name": "Plus", "type": "paid", "price": 990, "paid_validity": {"days": 40}},
        GOLD | {"type": "dual", "price": 2900, "paid_validity": {"days": 30}},
    ),
    (
        Event(_on(1, 1), "order", "150", ("silver is", "spent for"), 150),
        Event(_on(1, 14), "payment", "pays for gold", ("for 30 days",), 2900, "gold"),
        Event(_on(2, 1), "payment", "for plus", ("for 40 days",), 990, "plus"),
        Event(_on(2, 13), "end", "gold ends", ("plus still runs", "beside it")),
        Event(_on(3, 12), "end", "plus ends", ("silver: spent", "for before")),
        Event(_on(3, 31), "end", "silver ends", ("no level",)),
    ),
    (Run("silver", _on(1, 1), _on(3, 31)), Run("gold", _on(1, 14), _on(2, 13)), Run("plus", _on(2, 1), _on(3, 12))),
    (
        Run("silver", _on(1, 1), _on(1, 13)),
        Run("gold", _on(1, 14), _on(2, 13)),
        Run("plus", _on(2, 14), _on(3, 12)),
        Run("silver", _on(3, 13), _on(3, 31)),
    ),
    _on(4, 12),
)
LIVES = (EACH, HISTORY, SINCE_UPGRADE, PERIOD, LOCK_IN, PAID)
