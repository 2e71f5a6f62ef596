"""A voucher for an amount of money (spec 3.8)."""

from __future__ import annotations

from rules.benefits.benefit import Benefit, BenefitKind
from rules.benefits.worth import Worth
from rules.definitions.fields import Count


class CashVoucher(Benefit, frozen=True, kw_only=True, tag="cash_voucher", tag_field="kind"):
    """The definition. `amount`: minor units of the program's currency."""

    amount: Count | None = None


def _worth(voucher: CashVoucher) -> Worth:
    return Worth(amount=voucher.amount or 0)


def _lacks(voucher: CashVoucher) -> str | None:
    return "an amount" if voucher.amount is None else None


CASH_VOUCHER = BenefitKind(shape=CashVoucher, worth=_worth, coded=True, lacks=_lacks)
