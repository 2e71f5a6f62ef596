"""A discount in the month of the member's birthday (spec 3.8)."""

from __future__ import annotations

from rules.benefits.benefit import BenefitKind
from rules.benefits.discount import Discount, lacks, worth


class BirthMonthDiscount(Discount, frozen=True, kw_only=True, tag="birth_month_discount", tag_field="kind"):
    """The definition. It is had in that month by the program's calendar: who is born on 29 February has all of every February."""


BIRTH_MONTH_DISCOUNT = BenefitKind(shape=BirthMonthDiscount, worth=worth, lacks=lacks)
