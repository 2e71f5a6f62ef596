"""What whoever runs the demo sees, on a terminal and in a file."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from devtools.demo_picture import Camera, picture
from tidemark import sample
from tidemark.definitions.files import load_definitions
from tidemark.demo.ending import Summary
from tidemark.demo.live_screen import LiveScreen
from tidemark.demo.plain_screen import FIRST_ROWS, THEN_ONE_IN, PlainScreen
from tidemark.demo.screen import Screen, screen_for
from tidemark.demo.words import Words, money

SUMMARY: Summary = {
    "orders": 20793,
    "refunds": 4438,
    "seconds": 12.5,
    "orders_per_second": 2018.0,
    "dead_letters": 3,
    "habits": {"exchanges": 71, "tips": 64},
    "performance": [
        {
            "activity": "winter-coffee",
            "orders": 1724,
            "amount": 75643870,
            "refunded": 0,
            "members": 1040,
            "grants": 6977,
            "refused": {"per_member": 0, "total": 0, "budget": 2279},
            "points": 0,
            "coupons": {"free-coffee": 6977},
            "value": {"GBP": 2232640},
        },
    ],
    "changes": [
        {"change": "pause", "code": "winter-coffee", "saved_at": "2010-06-07T09:00:00+01:00"},
        {"change": "save", "code": "level-party", "saved_at": "2010-09-01T09:00:00+01:00"},
    ],
}
COFFEE = {"kind": "coupon", "coupon": "free-coffee", "quantity": 1, "release": "instant", "claim": "automatic"}


def coffee(ordinal: int, member: str = "13085", order: str = "489434") -> dict[str, Any]:
    return {
        "grant_id": f"winter-coffee/{member}/{ordinal}",
        "activity": "winter-coffee",
        "member_id": member,
        "ordinal": ordinal,
        "order_id": order,
        "occurred_at": "2009-12-01T07:45:00+00:00",
        "gifts": [COFFEE],
    }


def gold_points(member: str = "13085") -> dict[str, Any]:
    points = {"kind": "points", "points": 1500, "release": "instant"}
    return {**coffee(1, member), "activity": "welcome-gold", "ordinal": None, "level": "classic/gold", "gifts": [points]}


def change(
    before: str | None,
    after: str | None,
    program: str = "classic",
    why: str = "order",
    until: str | None = None,
    by: str | None = "spending",
) -> dict[str, Any]:
    at = {"why": why, "until": until, "by": by, "occurred_at": "2009-12-01T07:45:00+00:00"}
    return {"program": program, "member_id": "13085", "before": before, "after": after, **at}


def release(*, claimed: bool = False) -> dict[str, Any]:
    given = {"kind": "coupon", "coupon": "jumbo-bag", "quantity": 1, "release": "daily", "claim": "member"}
    claimed_at = "2009-12-03T07:45:00+00:00" if claimed else None
    event = "claimed" if claimed else "released"
    return {"event": event, "activity": "retrospot-50", "member_id": "13085", "claimed_at": claimed_at, "given": given}


def bag(member: str) -> dict[str, Any]:
    """A grant of which the gift waits for midnight, and then for its member."""
    return {**coffee(1, member), "activity": "retrospot-50", "gifts": [release()["given"]]}


def run_of_bulk(month: int) -> dict[str, Any]:
    at = f"2010-{month:02}-01T10:00:00+00:00"
    return {**coffee(1), "activity": "come-back", "ordinal": None, "order_id": None, "occurred_at": at}


@pytest.fixture
def words() -> Words:
    return Words(each.document for each in load_definitions(sample.definitions_dir()).documents)


@pytest.fixture
def terminal() -> Console:
    return Console(record=True, force_terminal=True, width=120, height=33, file=io.StringIO())


@pytest.fixture
def file() -> Console:
    return Console(force_terminal=False, width=120, file=io.StringIO())


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_money_has_its_sign() -> None:
    assert money(123450, "GBP") == "£1,234.50"
    assert money(5, "EUR") == "€0.05"
    assert money(99900, "SEK") == "999.00 SEK"


def test_money_has_the_minor_units_of_its_currency() -> None:
    assert money(123450, "JPY") == "123,450 JPY"
    assert money(1234500, "KWD") == "1,234.500 KWD"
    assert money(0, "GBP") == "£0.00"


def test_a_terminal_gets_the_live_screen(words: Words, terminal: Console, file: Console) -> None:
    assert isinstance(screen_for(words, terminal), LiveScreen)
    assert isinstance(screen_for(words, file), PlainScreen)


def test_the_frame_shows_gifts_levels_and_figures_by_name(words: Words, terminal: Console) -> None:
    screen = LiveScreen(words, terminal)
    screen.gift(coffee(4))
    screen.gift(gold_points())
    screen.level(change("silver", "gold"))
    screen.level(change("gold", None))
    screen.progress(9000, 25231, 2, 1234.4)
    terminal.print(screen.frame())
    shown = terminal.export_text()
    for part in (
        "1 Dec 07:45", "13085", "Free coffee (£3.20)", "Spend £100, get a coffee #4", "1,500 points", "Upgrade to Gold",
        "▲ 13085 Silver → Gold", "▼ 13085 Gold → no level", "9,000 of 25,231 orders", "1,234/s", "2 grants",
        "December 2009",
    ):  # fmt: skip
        assert part in shown


def test_gifts_of_one_order_from_one_activity_are_one_row(words: Words, terminal: Console) -> None:
    screen = LiveScreen(words, terminal)
    for ordinal in (4, 5, 6):
        screen.gift(coffee(ordinal))
    screen.gift(coffee(7, order="489435"))
    terminal.print(screen.frame())
    shown = terminal.export_text()
    assert "3 × Free coffee (£9.60)" in shown
    assert "#4-6" in shown
    assert "#7" in shown
    # All four are counted: coupons and their worth.
    assert "£12.80" in shown


def test_the_frame_says_why_a_level_ended_was_bought_or_is_kept(words: Words, terminal: Console) -> None:
    screen = LiveScreen(words, terminal)
    screen.level(change("friend", "star", "club", "payment"))
    screen.level(change("star", "friend", "club", "ended"))
    screen.level(change("friend", "friend", "club", until="2010-03-01"))
    screen.level(change("friend", "friend", "club", "ended", until="2010-04-30"))
    screen.level(change("star", "star", "club", until="2010-05-30", by="both"))
    screen.release(release())
    screen.release(release(claimed=True))
    screen.release(release())
    terminal.print(screen.frame())
    shown = terminal.export_text()
    for part in ("▲ 13085 Friend → Star, paid", "▼ 13085 Star → Friend, ended", "1 of 2"):
        assert part in shown
    for part in ("Friend, lock-in: 1 Mar", "Friend, renewed: 30 Apr", "Star, earned too: 30 May"):
        assert f"● 13085 {part}" in shown
    # Both ladders, and who stands where.
    assert shown.index("Classic card") < shown.index("Platinum") < shown.index("Club")
    friends = [line for line in shown.splitlines() if " Friend  " in line]
    assert [line.rstrip("│ ").split()[-1] for line in friends] == ["0"]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (70, 18), (200, 60)])
def test_the_frame_fits_the_terminal(words: Words, width: int, height: int) -> None:
    console = Console(record=True, force_terminal=True, width=width, height=height, file=io.StringIO())
    screen = LiveScreen(words, console)
    for number in range(200):
        screen.gift(coffee(1, order=str(number)))
        screen.level(change(None, "bronze"))
    console.print(screen.frame())
    lines = console.export_text().splitlines()
    assert any("Free coffee (£3.20)" in line for line in lines)
    assert len(lines) < height
    assert all(len(line) <= width for line in lines)


def test_the_ending_has_figures_and_where_to_look_next(words: Words, terminal: Console, file: Console) -> None:
    for screen in (LiveScreen(words, terminal), PlainScreen(words, file)):
        with screen:
            screen.gift(coffee(1))
            screen.gift(gold_points("13078"))
            screen.level(change(None, "gold"))
            screen.level(change(None, "star", "club", "payment"))
            screen.level(change("star", None, "club", "ended"))
            screen.level(change("gold", "gold"))
            for event in (release(), release(), release(claimed=True)):
                screen.release(event)
            screen.finish(SUMMARY)
        shown = printed(screen.console) if screen.console is file else screen.console.export_text()
        for part in (
            "20,793 orders and 4,438 refunds in 12.5 s", "2,018 a second", "3 dead letters",
            "71 exchanges, 64 tips", "2 grants to 2 members", "1 coupons worth £3.20", "1,500 points",
            "2 upgrades (1 paid for), 1 downgrades (1 at the end of a term), 1 levels kept on",
            "Members: Classic card", "Members: Club", "Gold", "Star",
            "make kafka", "tidemark replay", "docs/architecture.md",
        ):  # fmt: skip
            assert part in shown
        rows = [line.split() for line in shown.splitlines()]
        assert ["1,724", "£756,438", "1,040", "6,977", "2,279", "6,977", "£22,326"] in [row[-7:] for row in rows]
        assert ["claimed", "in", "the", "app", "1"] in [row[-5:] for row in rows]
        assert ["not", "claimed", "yet", "1"] in [row[-4:] for row in rows]


def test_the_ending_says_what_happened_on_the_way(words: Words, file: Console) -> None:
    hamper = {**SUMMARY["performance"][0], "activity": "christmas-hamper"}
    with PlainScreen(words, file) as screen:
        screen.gift({**coffee(1), "activity": "christmas-hamper", "occurred_at": "2010-11-25T11:38:00+00:00"})
        for grant in (bag("13085"), bag("13078"), run_of_bulk(2), run_of_bulk(3), run_of_bulk(3)):
            screen.gift(grant)
        for event in (release(), release(claimed=True)):
            screen.release(event)
        screen.level(change("star", "friend", "club", "ended"))
        screen.level(change("friend", "friend", "club", "ended"))
        screen.level(change("friend", "friend", "club"))
        screen.finish({**SUMMARY, "performance": [*SUMMARY["performance"], hamper]})
    said = " ".join(printed(file).split())
    for part in (
        "Every £200 before Christmas a budget of £40,000: the last on 25 Nov; then 2,279 refused",
        "£50 of red retrospot released at midnight: 1, and 1 held back; then claimed in the app: 1 of 1",
        "We have missed you comes by itself, every month, to members by days since last order (at least 60, below 91); 2 times",
        "Spend £100, get a coffee then 2,279 refused; paused on 7 Jun", "A new level changed on 1 Sep",
        "Club levels are held for 60 days: 1 × renewed, 1 × lock-in, 1 × ended lower",
    ):  # fmt: skip
        assert part in said
    # Of an activity of which there is nothing of the kind nothing is said.
    assert "Every £500 online" not in said


def test_a_row_says_what_its_gift_waits_for(words: Words) -> None:
    terminal = Console(record=True, force_terminal=True, width=150, height=33, file=io.StringIO())
    screen = LiveScreen(words, terminal)
    screen.gift(bag("13085"))
    screen.gift(coffee(1))
    terminal.print(screen.frame())
    rows = [line for line in terminal.export_text().splitlines() if "13085" in line]
    assert ["red retrospot, tonight, to claim" in row for row in rows] == [True, False]


def test_the_ending_fits_a_hundred_columns(words: Words) -> None:
    console = Console(force_terminal=False, width=100, file=io.StringIO())
    performance = [{**SUMMARY["performance"][0], "activity": code, "points": 1234567} for code in words.activities]
    with PlainScreen(words, console) as screen:
        screen.finish({**SUMMARY, "performance": performance})
    rows = [line for line in printed(console).splitlines() if "£756,438" in line]
    assert len(rows) == len(words.activities)
    assert all(name in "".join(rows) for name in words.activities.values())


def test_points_of_a_level_are_named_after_it(words: Words, file: Console) -> None:
    points = {**gold_points(), "activity": None}
    with PlainScreen(words, file) as screen:
        screen.gift(points)
    assert "1,500 points <- Gold" in printed(file)


def test_a_file_gets_plain_lines_thinned_and_says_so(words: Words, file: Console) -> None:
    gifts = 2 * THEN_ONE_IN
    with PlainScreen(words, file) as screen:
        for number in range(gifts):
            screen.gift(coffee(1, order=str(number)))
            screen.progress(number + 1, gifts, number + 1, 100.0)
    lines = printed(file).splitlines()
    assert "1 Dec 2009 07:45  member 13085  Free coffee (£3.20) <- Spend £100, get a coffee" in lines[0]
    assert sum(line.startswith("gift") for line in lines) == FIRST_ROWS + 2
    assert f"one in {THEN_ONE_IN} is shown" in lines[FIRST_ROWS]
    assert sum("orders/s" in line for line in lines) == 10
    assert "\x1b" not in printed(file)


def test_the_picture_is_taken_in_mid_run() -> None:
    def play(screen: Screen) -> None:
        with screen:
            screen.gift(coffee(1))
            screen.progress(50, 100, 1, 10.0)

    svg = picture(play)
    assert svg.startswith("<svg")
    assert "coffee" in svg


def test_no_picture_of_a_run_that_broke_off() -> None:
    def play(screen: Camera) -> None:
        screen.progress(1, 100, 1, 10.0)

    with pytest.raises(ValueError, match="no picture"):
        picture(play)
