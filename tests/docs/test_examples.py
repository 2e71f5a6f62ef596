"""The examples of the pages: definitions pass `tidemark check`, documents are taken, and what comes out is what is shown."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from rules.benefits.cart import Cart
from rules.benefits.chosen import BenefitsChosen
from rules.definitions.saved import read_saved
from rules.documents.accepting import accept
from rules.documents.judging import Judging
from rules.figures.additions import Additions
from rules.happened import BenefitIssued, CouponArrival, Departed, Grant, LevelChange, LevelUpgraded, Refusal, Released, Threshold
from rules.times import epoch_ms
from sinks.topics.formats import Attempted, DeadLetter
from streams.decode import Limits, decode
from streams.grants import decode_grant
from streams.topics import GIFTS, LEVELS, ONLINE_ORDERS
from tests.docs.pages import NAMES, blocks
from tests.folding import Folding
from tidemark.definitions.files import check_definitions, load_definitions

LIMITS = Limits(1024 * 1024, 5_000)
OUT = {
    "choice_id": BenefitsChosen,
    "codes": Cart,
    "cells": Additions,
    "text": LevelUpgraded,
    "mini_program": CouponArrival,
    "given": Released,
    "limit": Refusal,
    "ordinal": Grant,
    "why": LevelChange,
    "first": Threshold,
    "reason": DeadLetter,
    "issue_id": BenefitIssued,
    "into": Departed,
    "records": Attempted,
}


def definitions(page: str, folder: Path) -> list[dict[str, object]]:
    """All definitions of a page, as one set that passes without a warning."""
    (folder / "page.yaml").write_text("---\n".join(blocks(page, "yaml")), "utf-8")
    loaded = load_definitions(folder)
    assert check_definitions(loaded) == []
    return [each.document for each in loaded.documents]


@pytest.mark.parametrize("page", [name for name in NAMES if blocks(name, "yaml")])
def test_definitions_pass(page: str, tmp_path: Path) -> None:
    assert definitions(page, tmp_path)


@pytest.mark.parametrize(("page", "text"), [(name, text) for name in NAMES for text in blocks(name, "json")])
def test_documents_are_taken(page: str, text: str) -> None:
    example = json.loads(text)
    if example.get("type") == "change":
        assert read_saved(text.encode(), 0).version == example["version"]
        return
    if shape := next((OUT[field] for field in OUT if field in example), None):
        assert set(example) <= {"type", *shape.__struct_fields__}
        raw = {name: msgspec.Raw(b"") for name in ("gifts", "given", "terms") if name in example}
        msgspec.convert(example | raw, shape, str_keys=True)
        if shape is Grant:
            decode_grant(text.encode(), LIMITS.document_bytes)
        return
    document = decode(text.encode(), LIMITS)
    accept(document, epoch_ms(document.received_at) if document.received_at else 2**42, Judging(LIMITS.document_lines, 2**42), 0)


def test_the_readmes_order_earns_the_readmes_grant(tmp_path: Path) -> None:
    order, grant = blocks("README.md", "json")
    folding = Folding(definitions("README.md", tmp_path))
    folding.take(order.encode(), topic=ONLINE_ORDERS)
    folding.take(order.encode(), topic=ONLINE_ORDERS)
    folding.turn()
    assert folding.values(GIFTS) == [json.loads(grant)]
    assert [change["level"] for change in folding.values(LEVELS)] == ["silver"]
    assert folding.reasons() == []
