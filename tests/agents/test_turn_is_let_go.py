"""A turn takes no memory once it is over: nothing of it waits for the garbage collector, which may be long in coming."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from agents.fold.fold import fold
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.tables.test_partition import NOON_MS


@pytest.fixture
def _collector_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_collector_off")
def test_a_turn_is_let_go_of_when_it_is_over() -> None:
    folding = Folding([program(50), spend()])
    early = refund("early", "b", at(1), ("x", 1, 1), member_id="bob")
    for document in (order("a", at(1), ("x", 1, 60)), refund("r", "a", at(1), ("x", 1, 60)), early, {"type": "purchase"}):
        folding.take(document, now_ms=NOON_MS)
    (table,) = folding.tables
    turn = folding.begin(table)
    assert fold(turn, folding.waiting(0)) == 4
    assert turn.outputs.by_topic
    gone = weakref.ref(turn)
    del turn
    assert gone() is None
