"""What `tidemark replay` reads: several files, standard input, lines of every kind and size (spec 6, 1.6)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.generate import write_stream
from tests.oracle import replay as oracle
from tests.oracle.examples import at, order, program, spend
from tests.replay.command import raw_of, replay

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
RULES = [program(10_000), spend()]


def good(number: int, amount: int = 60, **more: object) -> bytes:
    """An order on a day of its own, by one of three members."""
    document = order(f"o-{number}", at(number), ("x", 1, amount), member_id=f"m-{number % 3}", **more)
    return json.dumps(document, ensure_ascii=False).encode()


def test_files_in_their_order_standard_input_among_them(tmp_path: Path, broker: list[str], prefix: str) -> None:
    # Whatever comes second with the same id and other content is the dead letter: so the order shows.
    parts = {
        name: [good(1, amount), good(number)] for number, (name, amount) in enumerate(zip("abc", (10, 20, 30), strict=True), 2)
    }
    for name in "ac":
        write_stream(tmp_path / name, parts[name])
    files = [str(tmp_path / "c"), "-", str(tmp_path / "a")]
    ran = replay(tmp_path, RULES, [], broker, files=files, standard_input=b"\n".join(parts["b"]), prefix=prefix)
    assert ran.code == 0, ran.said
    lines = parts["c"] + parts["b"] + parts["a"]
    assert ran.differences(oracle(lines, RULES)) == []
    assert sorted(ran.dead_letters()) == sorted([("conflict", parts["b"][0]), ("conflict", parts["a"][0])])
    assert ran.stats["orders"] == len(lines)


def test_line_ends_blank_lines_and_text_in_any_language(tmp_path: Path) -> None:
    text = good(1, note="zwei\u2028Zeilen, ein Gruß und 🎁")
    bad = b'{"type":"purchase","note":"\xff\xfe"}'
    written = b"\r\n".join([text, b"", b"  \t ", bad, b'"a string"']) + b"\r\n\r\n\n" + good(2)
    (tmp_path / "in.jsonl").write_bytes(written)
    ran = replay(tmp_path, RULES, [], files=[str(tmp_path / "in.jsonl")])
    assert ran.code == 0, ran.said
    assert ran.differences(oracle([text, bad, b'"a string"', good(2)], RULES)) == []
    assert sorted(ran.dead_letters()) == sorted([("undecodable", bad), ("undecodable", b'"a string"')])
    assert {raw_of(letter): "raw_base64" in letter for letter in ran.letters} == {bad: True, b'"a string"': False}
    assert ran.stats["orders"] == 4


def test_lines_larger_than_any_limit_are_dead_letters(tmp_path: Path, broker: list[str], prefix: str) -> None:
    """Over 1 MiB; over what the embedded broker carries (2 MiB); over what a feed's topic takes (8 MiB)."""
    lines = []
    for number, size in enumerate([MIB, 2 * MIB - 1024, 2 * MIB, 8 * MIB - 2048, 8 * MIB]):
        lines += [good(3 * number + 1), good(3 * number + 2, note="x" * size)]
        # What takes six times the bytes as JSON; what is not UTF-8.
        lines += [b"\x01" * (size + number + 1), b"\xff" + b"\x01" * size, good(3 * number + 3)]
    ran = replay(tmp_path, RULES, lines, broker, prefix=prefix)
    assert ran.code == 0, ran.said
    assert ran.differences(oracle(lines, RULES)) == []
    assert {reason for reason, _ in ran.dead_letters()} == {"too_large"}
    assert all(("raw_base64" in letter) == raw_of(letter).startswith(b"\xff") for letter in ran.letters)


def test_an_order_may_owe_nearly_ten_thousand_grants_of_each_of_several_activities(
    tmp_path: Path, broker: list[str], prefix: str
) -> None:
    rules = [program(10_000), *(spend(threshold=1, code=f"spend-{number}") for number in range(3))]
    lines = [good(1, 9_999)]
    ran = replay(tmp_path, rules, lines, broker, prefix=prefix)
    assert ran.code == 0, ran.said
    assert len(ran.grants) == 3 * 9_999
    assert ran.differences(oracle(lines, rules)) == []


def test_an_order_owing_more_than_ten_thousand_does_nothing(tmp_path: Path) -> None:
    rules = [program(10_000), spend(threshold=1)]
    lines = [good(1, 10_001), good(2, 10_000), good(4, 10_000)]
    ran = replay(tmp_path, rules, lines)
    assert ran.code == 0, ran.said
    assert ran.dead_letters() == [("too_many_grants", lines[0])]
    assert ran.differences(oracle(lines, rules)) == []


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n"])
def test_nothing_in_nothing_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "empty").write_bytes(content)
    ran = replay(tmp_path, RULES, [], files=[str(tmp_path / "empty")])
    assert ran.code == 0, ran.said
    for name in ("grants", "levels", "dead-letters"):
        assert (tmp_path / name).read_bytes() == b""
    assert (ran.stats["orders"], ran.stats["grants"], ran.stats["dead_letters"]) == (0, 0, 0)
