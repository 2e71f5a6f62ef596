"""What a release wrote, the next one recovers and goes on from: to the oracle it is one."""

from __future__ import annotations

import json

import msgspec
import pytest

from streams.topics import DEAD_LETTERS, GIFTS, REKEYED
from tables.head import FORMAT, FORMATS_READ
from tables.layout import HEAD, decode_head
from tables.member.record import MEMBER_FORMAT
from tests.entries import read_back
from tests.folded import raw_of
from tests.oracle import Options
from tests.oracle.compare import dead_letter_differences, grant_differences
from tests.oracle.replay import Replay
from tests.oracle.times import midnight_after
from tests.upgrade.kept import Kept, Line, load
from tests.upgrade.recovering import Release


@pytest.fixture(params=FORMATS_READ)
def kept(request: pytest.FixtureRequest) -> Kept:
    """What a release of each format that is read has left; where this is missing: `python -m tests.upgrade.keep`."""
    return load(request.param)


def oracle(kept: Kept, lines: list[Line]) -> Replay:
    """What was told; what the release refused as `invalid` it has refused, though more is taken today."""
    letters = map(json.loads, kept.letters)
    refused = {raw_of(letter) for letter in letters if letter["reason"] == "invalid"}
    replay = Replay(kept.rules(), Options())
    for line in lines:
        if line.told and line.value in refused:
            replay.outcome.dead_letters.append(("invalid", line.value))
        elif line.told:
            replay.take(line.value)
    return replay


def test_each_format_that_is_read_is_kept() -> None:
    for each in FORMATS_READ:
        broker = Release(load(each)).table
        assert broker.head.format == each
    assert FORMATS_READ == (FORMAT - 1, FORMAT)


def test_everything_is_recovered_as_it_was(kept: Kept) -> None:
    release = Release(kept)
    expected = oracle(kept, kept.before).finish(at_once=True)
    assert len(expected.progress) > 100 and len(expected.spending) > 30 and expected.held
    assert any(expected.levels.values())
    assert release.differences(expected) == []
    assert release.table.rekeyed_through == {"pos.orders/1": _last_rekeyed(kept)}


def test_what_was_not_published_is_there_to_be_published(kept: Kept) -> None:
    found = {turn: {topic: list(entries) for topic, entries in out.items()} for turn, out in Release(kept).unpublished.items()}
    assert found == kept.unpublished
    values = [record.value for out in found.values() for record in read_back(out.get(GIFTS, []))]
    assert values and values == kept.grants[-len(values) :]


def test_orders_of_then_are_known(kept: Kept) -> None:
    """Sent again they count for nothing, and where another has the id of one, it is a conflict."""
    release = Release(kept)
    before = release.folding.progress(), release.folding.spending(), release.folding.levels()
    known = oracle(kept, kept.before)
    orders = [line for line in kept.before if line.told and _is_kept_order(known, line)]
    assert len(orders) > 150
    release.take([msgspec.structs.replace(line, topic="pos.orders") for line in orders], release.table.clock.now_ms)
    assert (release.folding.progress(), release.folding.spending(), release.folding.levels()) == before
    assert release.folding.grants() == []

    other = [_with_another_amount(line) for line in orders[:20]]
    release.take(other, release.table.clock.now_ms)
    assert release.folding.reasons()[-len(other) :] == ["conflict"] * len(other)


def test_what_is_rekeyed_a_second_time_was_taken(kept: Kept) -> None:
    release = Release(kept)
    again = [line for line in kept.after if not line.told]
    assert len(again) > 1 and all(line.topic == REKEYED for line in again)
    release.take(again)
    assert release.folding.outputs == {}


def test_refunds_that_wait_are_due_when_they_were(kept: Kept) -> None:
    release = Release(kept)
    waiting = sorted(release.held(), key=lambda held: held.due_ms)
    assert waiting
    for held in waiting:
        release.folding.sweep(held.due_ms - 1)
        assert held.raw in [each.raw for each in release.held()]
        release.folding.sweep(held.due_ms)
        assert held.raw not in [each.raw for each in release.held()]
    assert release.folding.reasons() == ["unknown_order"] * len(waiting)


def test_the_next_release_goes_on_as_if_it_had_been_there_from_the_beginning(kept: Kept) -> None:
    """Refunds of orders of then, their duplicates, conflicts and late ones come, until every refund that waited is due."""
    release = Release(kept)
    release.take(kept.after)
    replay = oracle(kept, [*kept.before, *kept.after])
    timezone = next(rule["timezone"] for rule in kept.rules() if rule["kind"] == "program" and rule["default"])
    release.folding.sweep(midnight_after(replay.clock // 1000, timezone))
    expected = replay.finish()
    # The release before took refunds without a member for anonymous ones.
    before = {line.value for line in kept.before}
    expected.dead_letters = [each for each in expected.dead_letters if each[0] != "no_member" or each[1] not in before]
    assert release.differences(expected) == []
    grants = [*map(json.loads, kept.grants), *release.folding.grants()]
    assert grant_differences(expected, grants) == []
    letters = [(letter["reason"], raw_of(letter)) for letter in map(json.loads, kept.letters)]
    assert dead_letter_differences(expected, [*letters, *release.folding.dead_letters()]) == []
    assert _refunds_of_orders_of_before(kept) > 5
    assert release.folding.outputs[GIFTS] and release.folding.outputs[DEAD_LETTERS]


def test_what_it_writes_is_of_its_own_format(kept: Kept) -> None:
    release = Release(kept)
    release.take(kept.after)
    written = {record.key: record.value for record in release.folding.committed}
    assert decode_head(written[HEAD] or b"").format == FORMAT
    members = [value for key, value in written.items() if key is not None and key[:1] == b"m" and value]
    assert members and all(value[1] == MEMBER_FORMAT for value in members)


def _last_rekeyed(kept: Kept) -> int:
    sources = [dict(line.headers)["tidemark-source"] for line in kept.before if line.topic == REKEYED and _readable(kept, line)]
    return int(sources[-1].rpartition(b"/")[2])


def _readable(kept: Kept, line: Line) -> bool:
    letters = oracle(kept, [line]).finish().dead_letters
    return not any(reason in ("undecodable", "invalid", "too_large") for reason, _ in letters)


def _is_kept_order(known: Replay, line: Line) -> bool:
    document = _decoded(line)
    key = ("purchase", document.get("member_id"), "id", document.get("order_id"))
    return document.get("type") == "purchase" and key in known.memory.entries and _is_first(known, document)


def _is_first(known: Replay, document: dict[str, object]) -> bool:
    letter_raws = {raw for _, raw in known.outcome.dead_letters}
    return json.dumps(document).encode() not in letter_raws


def _with_another_amount(line: Line) -> Line:
    document = _decoded(line)
    document.pop("payments", None)
    document["lines"][0]["amount"] += 1
    document["total"] += 1
    return msgspec.structs.replace(line, value=json.dumps(document).encode(), topic="pos.orders")


def _refunds_of_orders_of_before(kept: Kept) -> int:
    orders = {
        (each.get("member_id"), each.get("order_id")) for each in map(_decoded, kept.before) if each.get("type") == "purchase"
    }
    refunds = [each for each in map(_decoded, kept.after) if each.get("type") == "refund"]
    return sum((each.get("member_id"), each.get("order_id")) in orders for each in refunds)


def _decoded(line: Line) -> dict[str, object]:
    try:
        document = json.loads(line.value)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) and _hashable(document) else {}


def _hashable(document: dict[str, object]) -> bool:
    return all(not isinstance(document.get(name), list | dict) for name in ("member_id", "order_id", "type"))
