"""`tidemark demo` as its user runs it: into a file, and on a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.oracle.times import to_us
from tests.replay.command import TIDEMARK, TIMEOUT_SECONDS, environment
from tests.tidemark.demo import short
from tests.tidemark.demo.year import (
    Document,
    Rows,
    definitions,
    is_looked_at,
    levels_by_the_oracle,
    owed_by_the_oracle,
    played,
    rows_of,
)
from tidemark import sample

# In one process (tests/services/together.py), for its tests look at one run.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COMMAND = [*TIDEMARK, "demo"]
SHORT = [sys.executable, "-c", "from tests.tidemark.demo.short import main; main()", "demo"]
LADDERS = {
    each["code"]: [None, *(level["code"] for level in each["levels"])] for each in definitions() if each["kind"] == "program"
}
NAMES = {each["code"]: each["name"] for each in definitions() if each["kind"] == "activity"}


@pytest.fixture(scope="module")
def year() -> tuple[Rows, Counter[str]]:
    return played()


@pytest.fixture(scope="module")
def rows(year: tuple[Rows, Counter[str]]) -> Rows:
    """What the sample must give."""
    return year[0]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What it prints into a file."""
    printed = tmp_path_factory.mktemp("demo") / "printed"
    with printed.open("w") as file:
        ran = subprocess.run(COMMAND, stdout=file, env=environment() | {"COLUMNS": "100"}, timeout=TIMEOUT_SECONDS, check=False)
    assert ran.returncode == 0
    return printed.read_text().splitlines()


def test_gifts_are_shown_as_they_happen(lines: list[str]) -> None:
    gifts = [number for number, line in enumerate(lines) if line.startswith("gift ")]
    half, end = (lines.index(next(line for line in lines if line.startswith(tenth))) for tenth in (" 50 %", "100 %"))
    assert gifts[0] < half and any(half < number < end for number in gifts)
    assert any(line.startswith("level ") for line in lines)
    assert "\x1b" not in "".join(lines)


def test_it_says_what_a_replay_in_this_process_comes_to(lines: list[str], year: tuple[Rows, Counter[str]]) -> None:
    rows, taken = year
    printed = " ".join(" ".join(lines[lines.index(next(line for line in lines if "Done" in line)) :]).replace("│", " ").split())
    members = {grant["member_id"] for grant in rows["grants"]}
    assert f"{len(rows['grants']):,} grants to {len(members):,} members" in printed
    figures = sample.figures()
    assert f"{figures['orders']:,} orders and {figures['refunds']:,} refunds" in printed
    assert f"{len(rows['dead_letters']):,} dead letters" in printed
    for name, count in taken.items():
        assert f"{count:,} {name}" in printed
    rises = Counter(rise for change in rows["changes"] if (rise := rise_of(change)))
    why = Counter((rise_of(change), change["why"]) for change in rows["changes"])
    assert f"{rises[1]:,} upgrades ({why[1, 'payment']:,} paid for)" in printed
    assert f"{rises[-1]:,} downgrades ({why[-1, 'ended']:,} at the end of a term)" in printed
    assert "Where to look next" in printed


def rise_of(change: Document) -> int:
    ladder = LADDERS[change["program"]]
    before, after = ladder.index(change["before"]), ladder.index(change["level"])
    return (after > before) - (after < before)


def test_it_says_what_each_activity_has_brought(lines: list[str], rows: Rows) -> None:
    brought = lines[lines.index(next(line for line in lines if line.startswith("What each activity has brought"))) :]
    brought = brought[: brought.index(next(line for line in brought if line.startswith("What happened on the way")))]
    for row in rows["performance"]:
        (printed,) = [line for line in brought if line.startswith(NAMES[row["activity"]] + " ")]
        # Of what there is none nothing is said.
        others = (sum(row["refused"].values()), row["points"], sum(row["coupons"].values()))
        wanted = [f"{row['orders']:,}", f"£{row['amount'] // 100:,}", f"{row['members']:,}", f"{row['grants']:,}"]
        wanted += [f"{figure:,}" for figure in others if figure] + [f"£{worth // 100:,}" for worth in row["value"].values()]
        assert printed.removeprefix(NAMES[row["activity"]]).split() == wanted


def test_it_says_what_happened_on_the_way(lines: list[str], rows: Rows) -> None:
    on_the_way = lines[lines.index(next(line for line in lines if line.startswith("What happened on the way"))) :]
    said = " ".join(" ".join(on_the_way[: on_the_way.index("")]).split())
    by_activity = {row["activity"]: row for row in rows["performance"]}
    refused = sum(by_activity["christmas-hamper"]["refused"].values())
    assert f"{NAMES['christmas-hamper']} a budget of £40,000: the last on 25 Nov; then {refused:,} refused" in said
    runs = {grant["occurred_at"] for grant in rows["grants"] if grant["activity"] == "come-back"}
    assert f"{NAMES['come-back']} comes by itself, every month" in said and f"; {len(runs)} times" in said
    assert f"{NAMES['every-50-tlights']} paused on 7 Jun; resumed on 28 Jun" in said
    assert f"{NAMES['retrospot-50']} released at midnight: {by_activity['retrospot-50']['grants']:,}, and" in said
    ended = sum(rise_of(change) < 0 and change["why"] == "ended" for change in rows["changes"])
    assert re.search(rf"[\d,]+ × lock-in, .*[\d,]+ × renewed, .*{ended:,} × ended lower", said)


def test_it_says_how_many_stand_at_each_level_and_have_claimed(lines: list[str], rows: Rows) -> None:
    ending = "\n".join(lines[lines.index(next(line for line in lines if line.startswith("Members: Classic card"))) :])
    holders = Counter((row["program"], row["level"]) for row in rows["levels"])
    for program in (each for each in definitions() if each["kind"] == "program"):
        for level in program["levels"]:
            assert re.search(rf"{level['name']} +{holders[program['code'], level['code']]:,}\b", ending), level["name"]
    (claimed,), (left,) = re.findall(r"claimed in the app +([\d,]+)", ending), re.findall(r"not claimed yet +([\d,]+)", ending)
    released = [row for row in rows["releases"] if row["released_at"] is not None and row["claimed_at"] is None]
    assert int(claimed) + int(left) == len(released)
    # Those who look into the app, but for what is released, or heard of, after the last order.
    look = sum(int(row["member_id"]) % 4 != 0 for row in released)
    assert look // 2 < int(claimed) <= look


def test_the_wallet_of_who_was_granted_most_holds_his_gifts(lines: list[str], rows: Rows) -> None:
    (wallet,) = [line for line in lines if line.startswith("In the wallet of member ")]
    found = re.fullmatch(r"In the wallet of member (\d+), who was granted most: ([\d,]+) points, (.+)", wallet)
    assert found is not None
    grants = {grant["grant_id"]: grant for grant in rows["grants"] if grant["member_id"] == found[1]}
    assert len(grants) == Counter(grant["member_id"] for grant in rows["grants"]).most_common(1)[0][1]
    gifts = [gift for grant in grants.values() for gift in grant["gifts"] if gift.get("claim") != "member"]
    assert int(found[2].replace(",", "")) == sum(gift["points"] for gift in gifts if gift["kind"] == "points")
    coupons = [
        int(count.replace(",", "")) for count, name in re.findall(r"([\d,]+) x ([^,]+)", found[3]) if "jumbo bag" not in name
    ]
    assert sum(coupons) == sum(gift["quantity"] for gift in gifts if gift["kind"] == "coupon")


def test_what_is_owed_is_what_the_second_implementation_says(rows: Rows) -> None:
    owed = owed_by_the_oracle()
    assert len(owed) > 2_000
    found = {grant["grant_id"]: grant for grant in (*rows["grants"], *rows["refused"])}
    of_these = {
        grant_id: grant
        for grant_id, grant in found.items()
        if is_looked_at(grant["member_id"]) and grant["activity"] != "club-party"
    }
    assert of_these.keys() == owed.keys()
    for grant_id, grant in of_these.items():
        wanted = owed[grant_id]
        assert (us(grant["occurred_at"]), grant["order_id"]) == (wanted["occurred_at"], wanted["order_id"])
        assert grant.get("version", wanted["version"]) == wanted["version"]
    # One was paused and resumed, and one was changed.
    assert {grant["version"] for grant in rows["grants"] if grant["activity"] in ("every-50-tlights", "full-price-500")} == {
        1,
        2,
        3,
    }


def test_limits_are_used_up_and_never_exceeded(rows: Rows) -> None:
    by_activity = {row["activity"]: row for row in rows["performance"]}
    summer, hamper = by_activity["northern-summer"], by_activity["christmas-hamper"]
    assert summer["grants"] == 500 and summer["refused"]["total"] > 0
    assert hamper["value"] == {"GBP": 4_000_000} and hamper["refused"]["budget"] > 0
    for code, row in by_activity.items():
        assert row["grants"] == sum(grant["activity"] == code for grant in rows["grants"])
        assert sum(row["refused"].values()) == sum(grant["activity"] == code for grant in rows["refused"])
    assert by_activity["come-back"]["orders"] > 0


def test_levels_are_those_of_the_second_implementation(rows: Rows) -> None:
    levels, changes, grants, wrong = levels_by_the_oracle()
    held = ("program", "member_id", "level", "until", "by")
    assert alike(rows["levels"], held) == alike(levels, held)
    changed = ("program", "member_id", "before", "level", "why", "since")
    assert alike(rows["changes"], changed) == alike(changes, changed)
    given = ("activity", "member_id", "level", "order_id", "occurred_at")
    assert alike([grant for grant in rows["grants"] if grant["level"] is not None], given) == alike(grants, given)
    # All that there is to see happens.
    assert {change["why"] for change in changes if change["program"] == "club"} >= {"order", "payment", "ended"}
    assert {row["by"] for row in levels if row["program"] == "club"} == {"spending", "payment", "both", None}
    assert 0 < wrong <= len(rows["dead_letters"])
    assert {letter["reason"] for letter in rows["dead_letters"]} == {"wrong_amount"}


def alike(rows: list[Document], fields: tuple[str, ...]) -> list[str]:
    """Rows of those members whom the second implementation knows, comparable."""
    return sorted(str([us(row[name]) for name in fields]) for row in rows if is_looked_at(row["member_id"]))


def us(value: Any) -> Any:
    """A time as epoch microseconds; whatever else as it is."""
    return to_us(datetime.fromisoformat(value)) if isinstance(value, str) and "T" in value else value


def read_all(terminal: int) -> Iterator[bytes]:
    """What comes on a terminal until nobody has its other end."""
    while select.select([terminal], [], [], TIMEOUT_SECONDS)[0]:
        try:
            data = os.read(terminal, 65_536)
        except OSError:
            return
        if not data:
            return
        yield data


def test_on_a_terminal_it_draws_and_ends_with_the_figures() -> None:
    grants = rows_of(short.year())["grants"]
    terminal, inside = pty.openpty()
    run = subprocess.Popen(SHORT, stdin=inside, stdout=inside, stderr=inside, env=environment() | {"TERM": "xterm-256color"})
    os.close(inside)
    try:
        shown = b"".join(read_all(terminal)).decode(errors="replace")
        assert run.wait(TIMEOUT_SECONDS) == 0
    finally:
        run.kill()
        run.wait()
        os.close(terminal)
    # The frame is drawn in place, and the cursor is given back at the end.
    assert "gifts, as they happen" in shown and "\x1b[?25l" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    ending = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown[shown.rindex("Done") :])
    members = {grant["member_id"] for grant in grants}
    for part in (f"{len(grants):,} grants to {len(members):,} members", "Where to look next", "In the wallet of member"):
        assert part in ending
