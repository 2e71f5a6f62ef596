"""What the published schemas of documents accept, the decoder accepts and finds valid, and the other way round (spec 1.1)."""

from __future__ import annotations

import copy
import json
import random
import re
from decimal import Decimal, localcontext
from typing import Any

import pytest

from devtools.document_schemas import BESIDE
from devtools.schemas import schema_text
from rules.documents.accepting import accept
from rules.documents.change import check_times
from rules.documents.judging import Judging
from rules.documents.validity import InvalidDocument
from rules.times import LAST_MS
from streams.changes import change_of
from streams.decode import Limits, Malformed, decode
from tests.docs.from_schema import Maker, parsed, validator, written
from tests.oracle.examples import at, lines_of, order, refund
from tests.thorough import seeds

Document = dict[str, Any]
LIMITS = Limits(1024 * 1024, 5_000)
JUDGING = Judging(LIMITS.document_lines, LAST_MS)
NAMES = (
    "purchase.json",
    "refund.json",
    "member.json",
    "claim.json",
    "payment.json",
    "points.json",
    "test-send.json",
    "change.json",
)
SCHEMAS = {name: parsed(schema_text(name)) for name in NAMES}
VALID = {name: validator(schema_text(name)).is_valid for name in NAMES}
TIMES = {
    *("placed_at", "refunded_at", "claimed_at", "sent_at", "received_at", "registered_at", "since", "paid_at", "earned_at"),
    *("saved_at", "existing_at"),
}


def is_valid(name: str, data: bytes) -> bool:
    """Whether a schema accepts a document: exactly, which takes as many digits as it has."""
    with localcontext(prec=400):
        return VALID[name](parsed(data))


def refusal(data: bytes) -> str | None:
    """Why a document is refused; None where it is taken."""
    try:
        if (change := change_of(data, LIMITS)) is not None:
            check_times(change, LAST_MS, JUDGING, LAST_MS * 2)
        else:
            accept(decode(data, LIMITS), LAST_MS, JUDGING, 0)
    except Malformed as malformed:
        return str(malformed)
    except InvalidDocument as invalid:
        return str(invalid)
    return None


def mended(document: Document) -> Document:
    """What the schema cannot say, made so: sums that agree, and times that may be."""
    found = _with_times(document)
    found.pop("total", None)
    found.pop("payments", None)
    if isinstance(found.get("document"), dict):
        found["document"] |= {name: found[name] for name in ("kind", "code")}
    if "lines" in found:
        # They might come to more than a total may be.
        small = {"sku": "small", "quantity": 1, "amount": 1}
        found["lines"] = [line if line is None or abs(line["amount"]) < 10**9 else small for line in found["lines"]]
        below_0 = any(_number(line["quantity"]) < 0 for line in found["lines"] if line is not None)
        for name in ("fees", "tax", "rounding"):
            if found.get(name) is not None and (abs(found[name]) > 10**9 or not below_0):
                found[name] = 0
    return found


def _number(quantity: Any) -> Decimal:
    return Decimal(str(quantity))


def _with_times(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _with_times(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_times(inner, name) for inner in value]
    return "2024" + value[4:] if name in TIMES and isinstance(value, str) and value[:4] in ("0001", "9999") else value


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_no_schema_can_say(name: str) -> None:
    assert BESIDE in SCHEMAS[name]["description"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", seeds(3, quick=1))
def test_what_the_schema_accepts_is_taken(name: str, seed: int) -> None:
    maker = Maker(SCHEMAS[name], random.Random(f"{name} {seed}"))
    for _ in range(10):
        document = maker.make(SCHEMAS[name])
        assert is_valid(name, written(document)), document
        raw = written(mended(document))
        assert is_valid(name, raw), raw
        assert refusal(raw) is None, (refusal(raw), raw)


MIXED = order("a", at(1), ("x", 1, 60), ("y", 2, 30)) | {
    "lines": [*lines_of(("x", 1, 60), ("back", -1, -20), ("deal", 1, -5)), {"sku": "ham", "quantity": "0.350", "amount": 10}],
    "total": None,
}
BASES: dict[str, list[Document]] = {
    "purchase.json": [
        order(
            "a", at(1), ("x", 1, 60), payments=[{"method": "gift_card", "amount": 1}, {"method": "VISA"}], coupons=["mug"], tax=0
        ),
        MIXED | {"fees": -1, "tax": 2, "rounding": -3, "business_date": 20260301, "service_type": "delivery", "promotions": [5]},
    ],
    "refund.json": [refund("r", "a", at(1), ("x", 1, 60), ("y", 0, 5)), refund("r", None, at(1), ("x", 1, 60), member_id="")],
    "test-send.json": [
        {"type": "test_send", "test_id": "t1", "activity": "away", "version": 2, "member_id": "ann", "sent_at": at(1)},
    ],
    "change.json": [
        {
            "type": "change",
            "change": "save",
            "kind": "program",
            "code": "classic",
            "version": 3,
            "saved_at": at(1),
            "saved_by": "eva",
        }
        | {"document": {"kind": "program", "code": "classic", "levels": []}, "existing_at": at(2), "received_at": at(1)},
        {"type": "change", "change": "pause", "kind": "activity", "code": "spring-100", "saved_at": at(1), "version": None},
    ],
    "claim.json": [{"type": "claim", "member_id": "ann", "grant_id": "a/ann/1", "gift": 1, "claimed_at": at(1)}],
    "member.json": [
        {"type": "member", "member_id": "ann", "programs": ["classic", {"program": 7, "since": at(1)}], "registered_at": at(1)},
        {"type": "member", "member_id": "ann", "registered_channel": "app", "name": "Ann", "phone": 4479, "birthday": "02-29"}
        | {"tags": ["vip", 7], "mini_programs": {"main": "u1"}, "consents": {"sms": True}, "organization": "", "deleted": False},
    ],
    "payment.json": [
        {"type": "payment", "payment_id": "p", "member_id": "ann", "program": 7, "level": "gold", "from_level": "silver"}
        | {"paid_at": at(1), "amount": 9900, "currency": "GBP", "received_at": at(1)},
    ],
    "points.json": [
        {
            "type": "points",
            "points_id": 5,
            "member_id": "ann",
            "points": 120,
            "earned_at": at(1),
            "program": "classic",
            "order_id": "",
        },
        {
            "type": "points",
            "points_id": "t",
            "member_id": "ann",
            "points": -30,
            "earned_at": at(1),
            "takes_back": "s",
            "imported": True,
        },
    ],
}
VALUES: list[Any] = [
    None, "", "x", "0", 0, -0.0, 1, -1, 1.0, 1.5, 0.35, -0.35, 0.3505, 1e4, 1e300, 10**16, -(10**16), 10**39, 10**40, True, False, [], {},
    ["x"], [None], [""], [1], [1.5], [True], [{}], {"x": 1}, "0.350", "-0.350", "-0", "00.000", "0.3505", ".5", "5.", "1e3", "+1", " 1",
    "1234567890", "000000000001", "GBP", "gbp", "BGN", "DEM", "pos", "kiosk", "Pos", "card", "points", "gift_card", "purchase", "y" * 256,
    "y" * 257, at(2), "2024-01-01T12:00:00", "2024-01-01 12:00:00.123456789+0530", "2024-01-01t12:00z", "2024-01-01T12:00:00,5-05",
    "2024-01-01T24:00:00Z", "2024-13-01T12:00:00Z", "2024-01-01T12:00:00+24:00", "2024-01-01", "2024-01-01T12:00:60Z", "０",
    "1990-03-08", "1900-02-29", "13-01", "03-08", {"main": 5}, {"": "x"}, {"main": None}, {"sms": None}, {"sms": "x"}, "\ud83d",
]  # fmt: skip


def mutated(rng: random.Random, document: Document) -> Document:
    """Something in it is another value, or gone."""
    found = copy.deepcopy(document)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            places.append((node, key))
            if isinstance(value, dict | list):
                walk(value)

    walk(found)
    for _ in range(rng.choice([1, 1, 1, 2])):
        holder, key = rng.choice(places)
        if isinstance(holder, dict) and rng.random() < 0.1:
            holder.pop(key, None)
        elif isinstance(holder, list) and key >= len(holder):
            continue
        else:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
    return found


# What is beside a schema: the sums, and times that there are not.
_IS_BESIDE = re.compile(
    r"/total: expected -?\d+, the lines|/payments: expected at most|/lines: with fees|.*: expected a time that there is"
    r"|/document: expected one of kind and code"
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", seeds(4, quick=1))
def test_what_is_changed_in_a_document_is_judged_alike(name: str, seed: int) -> None:
    rng = random.Random(f"changed {name} {seed}")
    for _ in range(60):
        raw = json.dumps(mutated(rng, rng.choice(BASES[name]))).encode()
        why = refusal(raw)
        if why is None or not _IS_BESIDE.match(why):
            accepted = is_valid(name, raw) and "\ud83d" not in _texts(json.loads(raw))
            assert (why is None) == accepted, (why, raw)


def _texts(value: Any) -> list[str]:
    """Every text in it that is looked at."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() if key not in ("service_type", "method") for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", NAMES)
def test_the_documents_that_are_changed_are_accepted_as_they_are(name: str) -> None:
    for base in BASES[name]:
        assert refusal(json.dumps(base).encode()) is None
        assert is_valid(name, json.dumps(base).encode())
