"""Our own Fetch and Produce say, byte for byte, what aiokafka's say, and read what its responses hold."""

from __future__ import annotations

import inspect
from io import BytesIO
from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import UnsupportedVersionError
from aiokafka.protocol.fetch import FetchRequest, FetchResponse_v11
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest, ProduceResponse_v7

from broker.wire.frames import FetchedBatches, LeanFetch, LeanProduce, Produced
from broker.wire.list_offsets import OffsetsRequest
from broker.wire.metadata import EpochsRequest, topic_rows

FETCHES = [("pos.orders", [(0, 7, 1024), (3, 2**40, 2048)]), ("größe", [(1, 0, 512)])]
OURS = [(topic, [(partition, -1, offset, most) for partition, offset, most in partitions]) for topic, partitions in FETCHES]
BATCHES = [("changelog", [(0, b"first"), (7, b"")]), ("gifts", [(2, b"x" * 300)])]
NEWEST = {0: (3, 13), 1: (4, 17), 2: (1, 11), 3: (0, 13)}
OLDER = {0: (0, 5), 1: (0, 6), 2: (0, 3), 3: (0, 5)}


def sent(request: Any, versions: dict[int, tuple[int, int]]) -> bytes:
    """As a connection puts it together."""
    prepared = request.prepare(versions)
    return bytes(prepared.build_request_header(correlation_id=5, client_id="c").encode() + prepared.encode())


def test_a_fetch_is_aiokafkas_of_what_is_committed() -> None:
    assert sent(LeanFetch(500, 4096, OURS), NEWEST) == sent(FetchRequest(500, 1, 4096, 1, FETCHES), NEWEST)


def test_a_broker_that_may_not_tell_what_was_aborted_is_not_read_from() -> None:
    with pytest.raises(UnsupportedVersionError, match=r"Kafka 2\.3 or later"):
        sent(LeanFetch(500, 4096, OURS), OLDER)


def test_a_fetch_differs_by_the_epoch_alone() -> None:
    unknown, known = (sent(LeanFetch(500, 4096, [("t", [(0, epoch, 7, 1024)])]), NEWEST) for epoch in (-1, 9))
    before_offset = bytes(7) + b"\x07"
    assert known == unknown.replace(b"\xff\xff\xff\xff" + before_offset, b"\0\0\0\x09" + before_offset)
    assert known != unknown


def test_offsets_are_asked_for_as_aiokafka_does_and_by_epoch() -> None:
    topics = [("pos.orders", [(3, 9, -2)])]
    older = sent(OffsetRequest(-1, 1, [("pos.orders", [(3, -2)])]), OLDER)
    ours = bytearray(older)
    ours[2:4] = (4).to_bytes(2, "big")
    at = len(ours) - 8
    ours[at:at] = (9).to_bytes(4, "big")
    assert sent(OffsetsRequest(1, topics), NEWEST) == bytes(ours)
    with pytest.raises(UnsupportedVersionError, match=r"Kafka 2\.3 or later"):
        sent(OffsetsRequest(1, topics), OLDER)


def test_metadata_are_asked_for_as_aiokafka_does_and_read_with_epochs() -> None:
    ours, older = sent(EpochsRequest(["a", "b"]), NEWEST), sent(MetadataRequest(["a", "b"]), NEWEST)
    assert ours[:2] + ours[4:] == older[:2] + older[4:] and (ours[3], older[3]) == (7, 5)
    assert sent(EpochsRequest(["a"]), OLDER) == sent(MetadataRequest(["a"]), OLDER)
    answer = EpochsRequest(["a"]).prepare(NEWEST).RESPONSE_TYPE
    partition = (0, 3, 2, 8, [1, 2], [2], [])
    read = answer.decode(answer(0, [(2, "host", 9092, None)], "cluster", 2, [(0, "a", False, [partition])]).encode())
    assert topic_rows(read) == [(0, "a", False, [(0, 3, 2, [1, 2], [2], 8)])]


@pytest.mark.parametrize("versions", [NEWEST, OLDER])
def test_a_produce_is_aiokafkas(versions: dict[int, tuple[int, int]]) -> None:
    assert sent(LeanProduce(30_000, BATCHES), versions) == sent(ProduceRequest(None, -1, 30_000, BATCHES), versions)


def test_a_fetch_response_is_read() -> None:
    partitions = [
        (0, 0, 9, 9, 0, [], -1, b"batches"),
        (3, 1, -1, -1, -1, None, -1, b""),
        (4, 0, 5, 4, 0, [(1, 2), (3, 0)], 0, b"more"),
    ]
    response = FetchResponse_v11(0, 0, 0, [("pos.orders", partitions), ("größe", [])])
    read = FetchedBatches.decode(BytesIO(response.encode()))
    assert read.topics == [
        ("pos.orders", [(0, 0, 9, (), b"batches"), (3, 1, -1, (), b""), (4, 0, 4, [(1, 2), (3, 0)], b"more")]),
        ("größe", []),
    ]


def test_a_produce_response_is_read() -> None:
    topics = [("changelog", [(0, 0, 17, -1, 0), (7, 6, -1, -1, -1)]), ("gifts", [(2, 0, 3, 1_700_000_000_000, 0)])]
    assert Produced.decode(BytesIO(ProduceResponse_v7(topics, 0).encode())).topics == topics


def test_a_connection_asks_of_a_request_what_ours_has() -> None:
    send, handle = inspect.getsource(AIOKafkaConnection.send), inspect.getsource(AIOKafkaConnection._handle_frame)
    for call in ("request.prepare(self._versions)", "header.encode() + request_struct.encode()"):
        assert call in send
    for call in ("request.parse_response_header(resp)", "response_header.correlation_id", "resp_type.decode(resp)"):
        assert call in handle
