"""What a coupon gift refers to (spec 1.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Amount, Code, Currency, Text
from rules.definitions.kind import Kind
from rules.definitions.saved import Saved
from rules.rulebook.compiled.coupon import CompiledCoupon
from rules.rulebook.programs import Programs


class Coupon(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="coupon", tag_field="kind"):
    """The definition."""

    code: Code
    name: Text
    value: Amount
    currency: Currency


def _faults(_coupon: Coupon, _document: Mapping[str, object]) -> Iterator[Fault]:
    return iter(())


def _set_faults(_coupon: Coupon, _whole: WholeSet) -> Iterator[Fault]:
    return iter(())


def _compile(coupon: Coupon, _saved: Saved, _ref: int, _first_ref: int, _programs: Programs) -> CompiledCoupon:
    return CompiledCoupon(coupon.code, coupon.value, coupon.currency)


COUPON = Kind(name="coupon", shape=Coupon, faults=_faults, set_faults=_set_faults, compile=_compile)
