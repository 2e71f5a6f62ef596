"""Whatever a document is refused for stands in the table of docs/formats.md."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT

_ROW = re.compile(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", re.MULTILINE)
_REASON = re.compile(r'(?:Refused|super\(\)\.__init__)\(\s*"([a-z_]+)"')
_NAMED = re.compile(r'^[A-Z_]+ = "([a-z_]+)"', re.MULTILINE)


def test_every_reason_is_in_the_table() -> None:
    sources = [path.read_text("utf-8") for room in ("rules", "agents") for path in (ROOT / room).rglob("*.py")]
    reasons = {reason for source in sources for reason in _REASON.findall(source)}
    # Those that have a name of their own.
    reasons |= set(_NAMED.findall((ROOT / "streams" / "decode.py").read_text("utf-8")))
    assert {"wrong_amount", "conflict", "invalid", "too_many_grants", "undecodable"} <= reasons
    said = {word for row in _ROW.findall((ROOT / "docs" / "formats.md").read_text("utf-8")) for word in re.findall("[a-z_]+", row)}
    assert reasons - said == set()
