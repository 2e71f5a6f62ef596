"""The generated stream tries everything: each reason of a dead letter, grants of each activity, levels up and down."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from tests.generate import definitions, stream
from tests.generate.world import START
from tests.thorough import seeds, some_of

from . import replay
from .memory import business_key, id_key
from .options import Options
from .reading import check, decode
from .times import DAY_US, to_us
from .values import Refused

REASONS = {"undecodable", "too_large", "invalid", "late", "conflict", "unknown_order", "too_many_grants", "no_member"}


@pytest.mark.slow
@pytest.mark.parametrize("number", seeds(2, quick=0))
def test_some_thousand_orders_meet_every_reason_and_every_activity(number: int) -> None:
    rules = definitions(1 + number)
    lines = stream(1 + number, orders=some_of(20_000), members=some_of(1_500))
    outcome = replay(lines, rules)

    counts = Counter(reason for reason, _ in outcome.dead_letters)
    assert set(counts) == REASONS, counts
    activities = {document["code"] for document in rules if document["kind"] == "activity"}
    assert {grant["activity"] for grant in outcome.grants.values()} == activities
    assert any(grant_id.endswith("/2") and grant_id.startswith("up-again") for grant_id in outcome.grants)
    assert {level for (_, _), level in outcome.levels.items()} > {None, "bronze"}


def clean_documents(lines: list[bytes]) -> list[bytes]:
    """Purchases and refunds of known orders, each once, all received when they were made within 30 days."""
    clean, documents = [], []
    seen: set[tuple[str, ...] | None] = set()
    orders: set[tuple[str, str]] = set()
    first, last = to_us(START), to_us(START) + 30 * DAY_US
    for line in lines:
        try:
            raw = decode(line, Options()) or {}
            raw.pop("received_at", None)
            documents.append((raw, check(raw, first, first + 1_000 * DAY_US, Options())))
        except Refused:
            continue
    for raw, document in documents:
        if document["type"] == "member" or document["member_id"] is None or document.get("imported", False):
            continue
        keys = {id_key(document), business_key(document)} - {None}
        if first <= document["at"] <= last and not keys & seen:
            seen |= keys
            clean.append((raw, document))
            if document["type"] == "purchase":
                orders.add((document["member_id"], document["order_id"]))
    return [
        json.dumps(raw | {"received_at": raw.get("placed_at", raw.get("refunded_at"))}, default=float).encode()
        for raw, document in clean
        if document["order_id"] is None or (document["member_id"], document["order_id"]) in orders
    ]


@pytest.mark.slow
@pytest.mark.thorough
def test_sums_do_not_depend_on_the_order_in_which_documents_come() -> None:
    rules = definitions(3, days=25)
    documents = clean_documents(stream(3, orders=some_of(1_200), members=80, days=25))
    unlimited = Options(grants_max=10**6)
    straight = replay(documents, rules, unlimited)
    assert straight.dead_letters == [] and straight.progress
    for seed in range(2):
        shuffled = replay(random.Random(seed).sample(documents, len(documents)), rules, unlimited)
        assert shuffled.dead_letters == []
        assert shuffled.progress == straight.progress
        assert shuffled.spending == straight.spending
        assert shuffled.levels == straight.levels


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert stream(5, 300, 40) == stream(5, 300, 40) != stream(6, 300, 40)
    assert definitions(5) == definitions(5) != definitions(6)
