"""What is put around a document is taken off, and does not change what it is (spec 1.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.decode import Limits, Malformed, decode
from tests.oracle.examples import at, order
from tests.streams.feeds.shapes import receipt, web_order

LIMITS = Limits(1024 * 1024, 5_000)
MARK = b"\xef\xbb\xbf"
DOCUMENTS = [order("a", at(1), ("x", 1, 60)), order("a", at(1), ("x", 1.0, 60), member_id=5), receipt(), web_order()]


def in_envelope(payload: Any) -> dict[str, Any]:
    return {"schema": {"type": "struct", "fields": []}, "payload": payload}


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_an_envelope_five_bytes_and_a_mark_are_taken_off(document: dict[str, Any]) -> None:
    expected = decode(written(document), LIMITS)
    text = written(document)
    enveloped = written(in_envelope(document))
    ways = [
        enveloped,
        written({"payload": document, "schema": None, "more": 1}),
        written({"type": None, "receipt": None} | in_envelope(document)),
        b'\n\t {"payload" : ' + text + b', "schema":null}',
        written(in_envelope(in_envelope(document))),
        written(in_envelope(text.decode())),
        written(in_envelope("\ufeff" + text.decode())),
        b"\0\0\0\0\x07" + text,
        b"\0\xff\xfe\x22{" + text,
        MARK + text,
        MARK + b" \r\n" + text,
        b"\0\0\0\0\x07" + MARK + enveloped,
    ]
    for way in ways:
        assert decode(way, LIMITS) == expected, way


def test_a_document_that_has_fields_of_those_names_is_in_no_envelope() -> None:
    plain = order("a", at(1), ("x", 1, 60))
    assert decode(written(plain | in_envelope({"type": "refund"})), LIMITS) == decode(written(plain), LIMITS)
    assert decode(written(receipt() | in_envelope(web_order())), LIMITS) == decode(written(receipt()), LIMITS)


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (written(in_envelope(None)), "undecodable", "/payload: not a JSON object: "),
        (written(in_envelope([1])), "undecodable", "/payload: not a JSON object: a list"),
        (written(in_envelope("not json")), "undecodable", "not JSON"),
        (written(in_envelope("5")), "undecodable", "/payload: not a JSON object: 5"),
        (written(in_envelope(order("a", at(1)))), "invalid", "/payload/lines: "),
        (written(in_envelope(in_envelope(receipt(kind="?")))), "invalid", "/payload/payload/receipt/kind: expected SALE"),
        (written(in_envelope(receipt(items=[{"plu": "x", "qty": 1, "net": "1"}]))), "invalid", "/payload/receipt/items/0/net: "),
        (written({"payload": order("a", at(1), ("x", 1, 60))}), "invalid", "/type: "),
        (b"\0\0\0\0\x07\x02\x06abc", "undecodable", "not JSON"),
        (b"\0\0\0", "undecodable", "not JSON"),
        (b"\0\0\0\0\x07", "undecodable", "not JSON"),
        (MARK, "undecodable", "not JSON"),
        (MARK + MARK + b"{}", "undecodable", "not JSON"),
        ("{}".encode("utf-16"), "undecodable", "not JSON"),
        (b'{"schema":0,"payload":' * 40 + b"{}" + b"}" * 40, "invalid", "/payload"),
        (b'{"schema":0,"payload":' * 40_000, "undecodable", "not JSON"),
    ],
)
def test_what_holds_no_document_is_refused_and_says_where(data: bytes, reason: str, detail: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(data, LIMITS)
    assert (caught.value.reason, str(caught.value)[: len(detail)]) == (reason, detail)


@pytest.mark.parametrize("point", [".", "\\u002e", "\\u002E"])
@pytest.mark.parametrize("in_text", [False, True])
def test_a_time_finer_than_a_microsecond_is_cut_off_however_it_is_wrapped(point: str, in_text: bool) -> None:
    document = json.dumps(order("a", "2024-01-01T23:59:59POINT9999999+00:00", ("x", 1, 60)))
    text = document.replace("POINT", point)
    ways = [
        text.encode(),
        MARK + text.encode(),
        b'{"schema":null,"payload":' + (json.dumps(text) if in_text else text).encode() + b"}",
    ]
    for way in ways:
        found: Any = decode(way, LIMITS)
        assert found.placed_at.isoformat() == "2024-01-01T23:59:59.999999+00:00"
