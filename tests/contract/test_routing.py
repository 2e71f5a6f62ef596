"""Members are hashed as Kafka's own clients do, so that a document that is keyed right is where it belongs (spec 1.3)."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as aiokafkas
from hypothesis import given
from hypothesis import strategies as st

from streams.routing import murmur2, partition_of


@pytest.mark.parametrize(
    ("member_id", "signed"),
    # As Kafka's Java clients have them (org.apache.kafka.common.utils.Utils.murmur2).
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
    ],
)
def test_members_are_hashed_as_kafkas_clients_do(member_id: str, signed: int) -> None:
    assert partition_of(member_id, 2**31 - 1) == signed & 0x7FFFFFFF


@given(st.binary(max_size=40))
def test_the_hash_is_aiokafkas(data: bytes) -> None:
    assert murmur2(data) == aiokafkas(data)
