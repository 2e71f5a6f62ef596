"""What is written to the changelog is read back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.documents.content import CONTENT_BYTES
from rules.order_record import OrderRecord
from rules.times import FIRST_MS, LAST_MS
from sinks.topics.outputs import Outputs
from tables.head import Head
from tables.layout import (
    RING,
    chunk_key,
    chunk_of,
    decode_head,
    decode_order,
    decode_outputs,
    encode_head,
    encode_order,
    encode_outputs,
    member_key,
    out_key,
    put_by_key,
)

OUTPUTS = st.dictionaries(st.text(), st.lists(st.binary(), min_size=1, max_size=5), max_size=4)


@given(OUTPUTS, st.integers(1, 2**60), st.sampled_from([0, 2 * 1024 * 1024]))
def test_outputs_few_and_many(outputs: dict[str, list[bytes]], turn: int, size: int) -> None:
    listed = outputs | {"gifts": [bytes(size)]}
    assert decode_outputs(encode_outputs(turn, listed)) == (turn, listed)


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**56 - 1))
def test_keys_of_chunks(day: int, turn: int) -> None:
    assert chunk_of(chunk_key(day, turn)) == (day, turn, 3)
    assert chunk_of(chunk_key(day, turn, 0)) == (day, turn, 0)


def test_many_like_outputs_take_little_room() -> None:
    outputs = Outputs("aggregate", 0, 1)
    for number in range(10_000):
        outputs.put("gifts", f"spend/ann/{number}", "ann", b'{"gifts":[{"kind":"points","points":5}]}' * 5)
    assert len(encode_outputs(1, outputs.by_topic)) < 200 * 1024


def test_no_two_kinds_of_records_share_a_key() -> None:
    keys = [
        member_key("~head"),
        member_key("ut/1"),
        put_by_key("~head", 1),
        put_by_key("head", 0x7E),
        chunk_key(0, 0),
        *(out_key(turn) for turn in range(RING)),
        b"~head",
        b"~fence",
    ]
    assert len(set(keys)) == len(keys)
    assert out_key(RING) == out_key(0)


def test_heads() -> None:
    head = Head(7, {"pos.orders": 3}, 1_704_110_400_000, 6, {"pos.orders": "id"})
    assert decode_head(encode_head(head)) == head


@pytest.mark.parametrize("came_ms", [FIRST_MS, -1, 0, 1_704_110_400_000, LAST_MS])
def test_orders_begin_with_the_digest_of_their_content(came_ms: int) -> None:
    content = bytes(range(CONTENT_BYTES))
    order = OrderRecord(content, came_ms, "GBP", ["x", 1, 60], [3], [0, 7], 10, 5)
    assert decode_order(encode_order(order)) == order
    assert encode_order(order).startswith(content)
