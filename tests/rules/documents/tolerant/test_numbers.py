"""Numbers as others write them (spec 1.1)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rules.documents.tolerant.numbers import decimal_of, digits, thousandths, whole


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (5, 5),
        (Decimal("1.0"), 1),
        (Decimal("1e4"), 10_000),
        (Decimal("-0.0"), 0),
        (Decimal("0e999999"), 0),
        (5.0, 5),
        (Decimal("123456789012345678901234567890.0"), 123456789012345678901234567890),
        (Decimal("0.1"), None),
        (Decimal("1e-999999"), None),
        (Decimal("1e999999"), None),
        (Decimal("1.00000000000000000000000000000000000001"), None),
        (decimal_of("1e99999999999999999999"), None),
        (float("inf"), None),
        (True, None),
        ("1", None),
        (None, None),
        ([1], None),
    ],
)
def test_a_whole_number_is_one_however_it_is_written(value: object, found: int | None) -> None:
    assert whole(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (2, 2_000),
        (Decimal("0.350"), 350),
        (Decimal("2.0"), 2_000),
        (Decimal("1e3"), 1_000_000),
        (Decimal("-1.25"), -1_250),
        (Decimal("0.3500000"), 350),
        (0.35, 350),
        ("0.350", 350),
        ("2", 2_000),
        ("2.000", 2_000),
        ("-0.5", -500),
        ("-0", 0),
        ("000000001", 1_000),
        (10**9, 10**12),
        (10**9 + 1, None),
        (Decimal("1000000000.001"), None),
        (Decimal("0.3505"), None),
        (Decimal("1.00000000000000000000000000000000000001"), None),
        (Decimal("1e999999"), None),
        (Decimal("1e-999999"), None),
        ("0.3505", None),
        ("1000000000", None),
        ("", None),
        (" 1", None),
        ("+1", None),
        ("1e3", None),
        (".5", None),
        ("5.", None),
        ("٣", None),
        (True, None),
        (None, None),
    ],
)
def test_a_quantity_is_a_number_or_text_of_up_to_three_decimals(value: object, found: int | None) -> None:
    assert thousandths(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0, "0"),
        (-0, "0"),
        (17850, "17850"),
        (-5, "-5"),
        (Decimal("1.0"), "1"),
        (Decimal("1e4"), "10000"),
        (10**39, "1" + "0" * 39),
        (10**39 + 1, None),
        (Decimal("1e999999"), None),
        (Decimal("1.5"), None),
        (False, None),
    ],
)
def test_an_id_that_is_a_number_is_its_digits(value: object, found: str | None) -> None:
    assert digits(value) == found
