"""Which currencies there are (spec 1.1), and their minor units."""

from __future__ import annotations

import iso4217
import pytest

from rules.currencies import CURRENCIES, EVER, MINOR_UNITS


@pytest.mark.parametrize("code", ["GBP", "JPY", "KWD", "SLE", "XCG", "ZWG"])
def test_what_is_in_use_is_accepted(code: str) -> None:
    assert code in CURRENCIES and code in EVER


@pytest.mark.parametrize("code", ["HRK", "BGN", "ANG", "ZWL", "SLL", "CUC", "VEF", "BYR", "MRO", "STD"])
def test_what_was_withdrawn_in_the_last_ten_years_is_accepted(code: str) -> None:
    assert code in CURRENCIES and code in EVER


@pytest.mark.parametrize("code", ["LTL", "EEK", "DEM", "ITL", "BUK"])
def test_what_was_withdrawn_before_is_for_definitions_only(code: str) -> None:
    assert code not in CURRENCIES and code in EVER


@pytest.mark.parametrize("code", ["GBB", "gbp", "EU", "BTC", ""])
def test_what_never_was_a_currency_is_none(code: str) -> None:
    assert code not in EVER


def test_a_code_that_leaves_the_list_in_use_is_not_forgotten() -> None:
    """The edition of the table of the withdrawn is that of the package: a newer package without its year's codes would refuse them."""
    assert iso4217.__published__.year <= 2026, (
        "look into ISO 4217's list three for what left list one since, and add it to the table"
    )


def test_minor_units_are_those_of_the_currency() -> None:
    assert {code: MINOR_UNITS[code] for code in ("GBP", "JPY", "KWD", "CLF")} == {"GBP": 2, "JPY": 0, "KWD": 3, "CLF": 4}
    assert "XAU" not in MINOR_UNITS, "gold has none"
