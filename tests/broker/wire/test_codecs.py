"""What inflates, what does not, and what is not allowed to."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire import codecs
from broker.wire.codecs import CodecMissing, Uninflatable, inflate, require_codecs
from tests.broker.made import DEFLATE, GZIP, LZ4, SNAPPY, ZSTD, xerial

MOST = 4 * 1024 * 1024
ALL = (GZIP, SNAPPY, LZ4, ZSTD)


def inflated(codec: int, data: bytes, most: int = MOST) -> bytes:
    return bytes(inflate(codec, memoryview(data), b"header", most))


@pytest.mark.parametrize("codec", ALL)
@given(data=st.binary(max_size=300) | st.integers(0, 100_000).map(bytes), repeated=st.integers(1, 3))
def test_it_comes_back_after_what_goes_before_it(codec: int, data: bytes, repeated: int) -> None:
    assert inflated(codec, DEFLATE[codec](data * repeated)) == b"header" + data * repeated


@given(data=st.binary(max_size=200_000) | st.integers(0, 200_000).map(bytes))
def test_snappy_comes_back_as_java_frames_it(data: bytes) -> None:
    assert inflated(SNAPPY, xerial(data)) == b"header" + data


@pytest.mark.parametrize("codec", ALL)
@given(st.data())
def test_what_is_broken_is_said_and_raises_nothing_else(codec: int, data: st.DataObject) -> None:
    whole = DEFLATE[codec](data.draw(st.binary(max_size=400)))
    kept = whole[: data.draw(st.integers(0, len(whole)))] + data.draw(st.binary(max_size=9))
    with suppress(Uninflatable):
        inflated(codec, kept)


@pytest.mark.parametrize("codec", ALL)
def test_up_to_the_limit_and_not_a_byte_more(codec: int) -> None:
    at_limit, beyond = bytes(MOST), bytes(MOST + 1)
    assert len(inflated(codec, DEFLATE[codec](at_limit))) == MOST + len(b"header")
    with pytest.raises(Uninflatable, match=f"more than the {MOST} bytes"):
        inflated(codec, DEFLATE[codec](beyond))


def test_snappy_in_many_blocks_is_one_batch() -> None:
    with pytest.raises(Uninflatable, match=f"more than the {MOST} bytes"):
        inflated(SNAPPY, xerial(bytes(MOST + 1)))
    with pytest.raises(Uninflatable, match="cut off"):
        inflated(SNAPPY, xerial(b"some")[:-1])


@pytest.mark.parametrize("codec", [*(each for each in ALL if each != GZIP), pytest.param(GZIP, marks=pytest.mark.slow)])
def test_a_few_kib_take_no_more_memory_than_the_limit(codec: int) -> None:
    inside = bytes(100 * 1024 * 1024)
    bomb = DEFLATE[codec](inside) if codec != SNAPPY else xerial(inside)
    del inside
    before = _resident_bytes()
    _reset_peak()
    with pytest.raises(Uninflatable):
        inflated(codec, bomb, 8 * 1024 * 1024)
    assert _peak_bytes() - before < 64 * 1024 * 1024


def test_a_codec_that_is_not_there_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    require_codecs()
    with pytest.raises(CodecMissing, match=r"codec 5.*gzip, snappy, lz4 or zstd"):
        inflated(5, b"")
    monkeypatch.setitem(codecs.CODECS, ZSTD, ("zstd", None))
    with pytest.raises(CodecMissing, match=r"zstd.*cramjam"):
        require_codecs()
    with pytest.raises(CodecMissing, match="zstd"):
        inflated(ZSTD, b"")


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
