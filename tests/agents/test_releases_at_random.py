"""Random lives of orders, refunds, claims and silences: what is released, claimed and told is what the second implementation says, written
of the spec alone (spec 2.6, 4.3).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from streams.topics import NOTIFICATIONS, RELEASES
from tests.folding import Folding
from tests.oracle.campaigns import play
from tests.oracle.campaigns.rows import differences
from tests.oracle.examples import order, program, refund, spend, upgrade
from tests.releases import release_rows
from tests.thorough import examples

Document = dict[str, Any]
# A day before clocks are put forward in Europe, two before they are in Lord Howe.
START = datetime(2024, 3, 30, 9, tzinfo=UTC)
ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "UTC"]
MEMBERS = ["ann", "b/b"]
AROUND: list[Document] = [
    program(150, 400, timezone="America/New_York"),
    {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"},
    {"kind": "message_centre", "code": "message-centre", "coupon_arrival": True},
]
FIXED = {"from": "2024-03-30T00:00:00+00:00", "to": "2024-04-02T11:00:00+00:00"}

GIFTS = st.lists(
    st.builds(
        lambda what, release, claim, validity: {
            **({"kind": "points", "points": 5} if what == "points" else {"kind": "coupon", "coupon": "mug", "validity": validity}),
            "release": release,
            "claim": claim,
        },
        st.sampled_from(["points", "mug"]),
        st.sampled_from(["instant", "hourly", "daily"]),
        st.sampled_from(["automatic", "member"]),
        st.sampled_from([{"days": 1}, {"days": 7}, FIXED]),
    ),
    min_size=1,
    max_size=3,
)
NOTIFY = {"mini_programs": ["main", "other"], "message": "hi"}


@st.composite
def activities(draw: st.DrawFn) -> list[Document]:
    zone = st.sampled_from(ZONES)
    once = spend("once", code="once", timezone=draw(zone), gifts=draw(GIFTS))
    steps = spend("once", code="steps", timezone=draw(zone))
    steps["condition"] = {
        "items": "any",
        "mode": "once",
        "measure": "amount",
        "steps": [{"threshold": 100 * n, "gifts": draw(GIFTS)} for n in (1, 2, 3)],
    }
    del steps["gifts"]
    return [
        spend(code="every", threshold=60, timezone=draw(zone), notify=NOTIFY, gifts=draw(GIFTS)),
        once,
        steps,
        upgrade("classic/*", timezone=draw(zone), notify=NOTIFY, regain=draw(st.booleans()), gifts=draw(GIFTS)),
    ]


PAUSES = st.sampled_from([timedelta(0), timedelta(seconds=59), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=7)])
SILENCES = st.sampled_from([timedelta(days=1), timedelta(days=3), timedelta(days=30)])
STEPS = st.lists(
    st.tuples(
        st.one_of(PAUSES, PAUSES, SILENCES),
        st.sampled_from(["order", "order", "late", "refund", "refund", "goods", "claim", "claim"]),
        st.sampled_from(MEMBERS),
        st.integers(1, 130),
        st.integers(0, 20),
    ),
    min_size=1,
    max_size=25,
)


def lived(steps: list[tuple[timedelta, str, str, int, int]]) -> list[Document]:
    now, documents = START, [{"type": "member", "member_id": "ann", "mini_programs": {"main": "u1"}}]
    orders: list[Document] = []
    for number, (pause, what, member_id, amount, which) in enumerate(steps):
        now += pause
        if what in ("order", "late"):
            placed = now - timedelta(hours=5) if what == "late" else now
            orders.append(order(f"o{number}", placed.isoformat(), ("x", 1, amount), member_id=member_id, service_type=None))
            documents.append(orders[-1])
        elif what == "goods":
            documents.append(refund(f"r{number}", None, now.isoformat(), ("x", 1, amount), member_id=member_id))
        elif what == "refund" and orders:
            of = orders[which % len(orders)]
            documents.append(refund(f"r{number}", of["order_id"], now.isoformat(), ("x", 0, amount), member_id=of["member_id"]))
        elif what == "claim":
            documents.append(
                {"type": "claim", "member_id": member_id, "grant_id": _named(member_id, which), "claimed_at": now.isoformat()}
            )
            if amount % 4:
                documents[-1]["gift"] = 1
    return documents


def _named(member_id: str, which: int) -> str:
    """A grant that there may be."""
    labels = [
        "every/{}/1",
        "every/{}/2",
        "every/{}/3",
        "once/{}/1",
        "steps/{}/1",
        "steps/{}/2",
        "up/{}/classic/one",
        "up/{}/classic/one/1",
    ]
    return labels[which % len(labels)].format(member_id.replace("/", "%2F"))


@examples(120)
@given(activities(), STEPS, st.booleans())
def test_it_is_what_the_second_implementation_says(
    defined: list[Document], steps: list[tuple[timedelta, str, str, int, int]], turns: bool
) -> None:
    definitions, documents = [*AROUND, *defined], lived(steps)
    folding = Folding(definitions, DocumentsClock())
    for document in documents:
        folding.take(document)
        if turns:
            folding.turn()
    folding.turn()
    folding.end()
    played = play(documents, definitions)
    written = {
        "grants": folding.grants(),
        "releases": release_rows(folding.grants(), folding.values(RELEASES)),
        "notifications": folding.values(NOTIFICATIONS),
    }
    assert differences(played, written) == []
    assert sorted(folding.reasons()) == sorted(reason for reason, _ in played.dead_letters)
