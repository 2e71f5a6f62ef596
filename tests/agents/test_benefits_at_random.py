"""What is issued, of random lives, against a second, deliberately simple implementation; and however late it is done (spec 3.8)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from rules.times import epoch_ms
from streams.topics import BENEFITS
from tests.folding import Document, Folding
from tests.oracle.examples import order, refund
from tests.thorough import examples

BEGIN = datetime(2023, 1, 3, 12, tzinfo=UTC)
END = datetime(2024, 6, 1, 12, tzinfo=UTC)
ZONES = ("UTC", "Europe/London", "Asia/Tokyo", "America/New_York")
THRESHOLDS = {"silver": 100, "gold": 300}
Event = tuple[datetime, int]


@st.composite
def issues(draw: st.DrawFn) -> Any:
    if draw(st.booleans()):
        return "on_upgrade"
    if draw(st.booleans()):
        month = draw(st.integers(1, 12))
        return {"yearly": f"{month:02}-{draw(st.integers(1, monthrange(2024, month)[1])):02}"}
    return {"every_months": draw(st.integers(1, 5)), "day": draw(st.integers(1, 31))}


@st.composite
def programs(draw: st.DrawFn) -> Document:
    levels = [
        {
            "code": code,
            "name": code,
            "threshold": threshold,
            "benefits": [
                {"kind": "cash_voucher", "code": f"b{n}", "name": "b", "amount": 5, "issue": draw(issues())}
                for n in range(draw(st.integers(0, 2)))
            ],
        }
        for code, threshold in THRESHOLDS.items()
    ]
    program = {"kind": "program", "code": "club", "name": "Club", "currency": "GBP", "timezone": draw(st.sampled_from(ZONES))}
    return program | {"levels": levels}


# When, and how much is spent; below 0, as much is taken back of the order before.
LIVES = st.lists(
    st.tuples(st.integers(0, int((END - BEGIN) / timedelta(hours=6))), st.integers(-200, 320).filter(bool)), max_size=8
).map(lambda each: [(BEGIN + timedelta(hours=6) * at, amount) for at, amount in sorted(each)])


def is_day(issue: Any, day: date) -> bool:
    last = monthrange(day.year, day.month)[1]
    if "yearly" in issue:
        month, number = map(int, issue["yearly"].split("-"))
        return day.month == month and day.day == min(number, last)
    return (day.year * 12 + day.month - 1) % issue["every_months"] == 0 and day.day == min(issue["day"], last)


def expected(program: Document, life: list[Event]) -> list[tuple[str, str]]:
    """Day by day, and document by document."""
    zone = ZoneInfo(program["timezone"])
    benefits = {level["code"]: level["benefits"] for level in program["levels"]}
    found: list[tuple[str, str]] = []
    spent, held, gains = 0, None, dict.fromkeys(THRESHOLDS, 0)
    midnights = [
        datetime(day.year, day.month, day.day, tzinfo=zone)
        for day in (BEGIN.date() + timedelta(days=n) for n in range(1, (END - BEGIN).days + 1))
    ]
    # At one instant the day comes before the document.
    happenings = sorted([(at.astimezone(UTC), 0, at, 0) for at in midnights] + [(at, 1, at, amount) for at, amount in life])
    for utc, is_document, local, amount in happenings:
        if not is_document:
            for each in benefits[held] if held else ():
                if each["issue"] != "on_upgrade" and is_day(each["issue"], local.date()):
                    found.append((f"club/{held}/{each['code']}/ann/{local.date()}", utc.isoformat()))
            continue
        spent += amount
        before = held
        held = next((code for code in ("gold", "silver") if max(spent, 0) >= THRESHOLDS[code]), None)
        for code in THRESHOLDS:
            if (before is None or THRESHOLDS[before] < THRESHOLDS[code]) and held and THRESHOLDS[code] <= THRESHOLDS[held]:
                gains[code] += 1
                for each in benefits[code]:
                    if each["issue"] == "on_upgrade":
                        found.append((f"club/{code}/{each['code']}/ann/upgrade-{gains[code]}", utc.isoformat()))
    return sorted(found)


def played(program: Document, life: list[Event], sweeps: list[datetime]) -> list[tuple[str, str]]:
    flow = Folding([program], DocumentsClock())
    assert flow.clock is not None
    # He is known from the beginning.
    flow.take({"type": "member", "member_id": "ann", "registered_at": BEGIN.isoformat()})
    flow.turn()
    for n, (at, amount) in enumerate(life):
        while sweeps and sweeps[0] < at:
            flow.clock.reach(epoch_ms(sweeps[0]))
            flow.see_to_all(epoch_ms(sweeps.pop(0)))
        if amount > 0:
            flow.take(order(f"o{n}", at.isoformat(), ("x", 1, amount)))
        else:
            flow.take(refund(f"r{n}", None, at.isoformat(), ("x", 1, -amount)))
        flow.turn()
    flow.clock.reach(epoch_ms(END))
    flow.see_to_all(epoch_ms(END))
    assert flow.reasons() == []
    return sorted((each["issue_id"], each["issued_at"]) for each in flow.values(BENEFITS))


@examples(150)
@given(programs(), LIVES, st.lists(st.integers(0, (END - BEGIN).days), max_size=20))
def test_what_is_issued_is_what_a_day_by_day_reckoning_says(program: Document, life: list[Event], days: list[int]) -> None:
    sweeps = [BEGIN + timedelta(days=day) for day in sorted(days)]
    assert played(program, life, sweeps) == expected(program, life)
