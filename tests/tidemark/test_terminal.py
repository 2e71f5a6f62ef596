"""What came from outside is shown on a terminal and does nothing there (spec 1.6, 6)."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.dead_letters.listing import Row
from tidemark.terminal import complain, give_up, say, say_json, shown, shown_json

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[1;1H\x9b31m\u202eevil\u2066\u200b\r\nall fine"
ANYTHING = st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]))


@given(ANYTHING)
def test_what_is_shown_is_visible_and_of_one_line(text: str) -> None:
    found = shown(text)
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for each in found)
    assert len(found.splitlines()) <= 1
    found.encode()


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp"])))
def test_json_that_is_shown_says_the_same(text: str) -> None:
    line = json.dumps({"a": text}, ensure_ascii=False)
    found = shown_json(line)
    assert json.loads(found) == {"a": text}
    assert all(unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in found)


def test_names_of_people_are_left_as_they_are() -> None:
    for name in ("Zoë Müller", "山田\u3000太郎", "О́льга", "عائشة", "£1\u00a0200", "🎁 gift", ""):
        assert shown(name) == name
    assert shown("a\tb") == "a\\tb" and shown("a\tb", keep="\t") == "a\tb"
    assert shown("\x1b[2J\u202e\U000e0041") == "\\x1b[2J\\u202e\\U000e0041"


def test_whatever_is_said_comes_out_visible(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    complain(ValueError(HOSTILE))
    with pytest.raises(SystemExit) as ended:
        give_up(HOSTILE)
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert out == shown(HOSTILE) + "\n" and err == f"tidemark: {shown(HOSTILE)}\n" * 2
    say_json(json.dumps(HOSTILE, ensure_ascii=False).encode())
    out = capsys.readouterr().out
    assert json.loads(out) == HOSTILE and out == shown_json(out[:-1]) + "\n"


def test_a_dead_letter_in_a_list_is_one_visible_line(capsys: pytest.CaptureFixture[str]) -> None:
    from tidemark.commands.dead_letters import _line

    say(_line(Row("pos.orders/0/1", HOSTILE, f"no order {HOSTILE}", "2026-03-01T00:00:00+00:00", HOSTILE, 1)))
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and out[:-1].isprintable() and "all fine" in out


def test_a_document_goes_to_a_pipe_as_it_came_and_to_a_terminal_visibly() -> None:
    document = HOSTILE.encode() + b"\n\ttail\xff"
    program = f"from tidemark.terminal import put_document; put_document({document!r})"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == document
    seen = on_a_terminal(program)
    assert "\x1b" not in seen and "\u202e" not in seen and "\x9b" not in seen
    assert "\\x1b]0;owned\\x07" in seen and "\n\ttail\\xff" in seen.replace("\r\n", "\n")


def test_a_log_on_a_terminal_shows_what_came_from_outside() -> None:
    seen = on_a_terminal(
        "import logging, structlog\n"
        "from tidemark.logs import configure_logging\n"
        "configure_logging('info')\n"
        f"hostile = {HOSTILE!r}\n"
        "structlog.get_logger().error('broken', member_id=hostile, listed=[hostile])\n"
        "logging.getLogger('library').error('said %s', hostile)\n"
        "try:\n"
        "    raise ValueError(hostile)\n"
        "except ValueError:\n"
        "    structlog.get_logger().exception('threw')\n"
    )
    assert seen.count("owned") >= 4 and "Traceback" in seen
    # The log's own colours are escape sequences; these are not among them.
    assert not any(each in seen for each in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\u202e", "\u2066"))


def test_a_log_that_nobody_looks_on_is_lines_of_json_those_of_libraries_too() -> None:
    program = (
        "import logging, structlog\n"
        "from tidemark.logs import configure_logging\n"
        "configure_logging('info')\n"
        f"hostile = {HOSTILE!r}\n"
        "structlog.get_logger().error('broken', member_id=hostile)\n"
        "logging.getLogger('library').error('said %s', hostile)\n"
        "try:\n"
        "    raise ValueError(hostile)\n"
        "except ValueError:\n"
        "    logging.getLogger('library').exception('threw')\n"
    )
    log = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stderr
    ours, library, threw = map(json.loads, log.splitlines())
    assert (ours["event"], ours["member_id"]) == ("broken", HOSTILE)
    assert (library["event"], library["level"], library["logger"]) == (f"said {HOSTILE}", "error", "library")
    assert "Traceback" in threw["exception"] and ours.keys() >= {"level", "timestamp"} <= library.keys()
    assert log.isascii()


def on_a_terminal(program: str) -> str:
    """What a terminal is sent by a program."""
    ours, its = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", program], stdout=its, stderr=its):
        os.close(its)
        seen = b""
        try:
            while some := os.read(ours, 65536):
                seen += some
        except OSError:
            # Linux says so at the end of a terminal.
            pass
    os.close(ours)
    return seen.decode()
