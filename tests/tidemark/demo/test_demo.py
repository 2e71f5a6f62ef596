"""`tidemark demo` as its user runs it: into a file, and on a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle import Outcome
from tests.oracle import replay as oracle
from tests.replay.command import TIDEMARK, TIMEOUT_SECONDS, environment
from tidemark import sample
from tidemark.definitions.files import load_definitions

# In one process (tests/services/together.py), for its tests look at one run.
pytestmark = pytest.mark.slow

COMMAND = [*TIDEMARK, "demo"]


@pytest.fixture(scope="module")
def expected() -> Outcome:
    """What the sample must give."""
    return oracle(sample.documents(), [each.document for each in load_definitions(sample.definitions_dir()).documents])


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


def test_its_figures_are_the_oracles(lines: list[str], expected: Outcome) -> None:
    printed = "\n".join(lines)
    members = {grant["member_id"] for grant in expected.grants.values()}
    assert f"{len(expected.grants):,} grants to {len(members):,} members" in printed
    assert (len(expected.grants), len(members)) == (33_012, 3_029)
    figures = sample.figures()
    assert f"{figures['orders']:,} orders and {figures['refunds']:,} refunds" in printed
    assert f"{len(expected.dead_letters):,} dead letters" in printed
    assert "Where to look next" in printed


def test_the_wallet_of_who_was_granted_most_holds_his_gifts(lines: list[str], expected: Outcome) -> None:
    (wallet,) = [line for line in lines if line.startswith("In the wallet of member ")]
    found = re.fullmatch(r"In the wallet of member (\d+), who was granted most: ([\d,]+) points, (.+)", wallet)
    assert found is not None
    gifts = [gift for grant in expected.grants.values() if grant["member_id"] == found[1] for gift in grant["gifts"]]
    assert int(found[2].replace(",", "")) == sum(gift["points"] for gift in gifts if gift["kind"] == "points")
    coupons = [int(count.replace(",", "")) for count in re.findall(r"([\d,]+) x ", found[3])]
    assert sum(coupons) == sum(gift["quantity"] for gift in gifts if gift["kind"] == "coupon")


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


def test_on_a_terminal_it_draws_and_ends_with_the_figures(tmp_path: Path) -> None:
    terminal, inside = pty.openpty()
    run = subprocess.Popen(COMMAND, stdin=inside, stdout=inside, stderr=inside, env=environment() | {"TERM": "xterm-256color"})
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
    for part in ("33,012 grants to 3,029 members", "Where to look next", "In the wallet of member"):
        assert part in ending
