"""What of all orders an activity is for: skus, stores, and what may not be used with it (spec 2.1, 2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Code

Benefit = Literal["member_price", "member_discount"]
Asset = Literal["prepaid_balance", "points", "gift_card", "group_voucher"]


class ItemScope(Struct, frozen=True, forbid_unknown_fields=True):
    """Which skus count: those included, or all but those excluded (spec 2.1)."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None


class StoreScope(Struct, frozen=True, forbid_unknown_fields=True):
    """Stores by id or through organizations: either matches (spec 2.1)."""

    stores: tuple[str, ...] = ()
    organizations: tuple[Code, ...] = ()


class NotWith(Struct, frozen=True, forbid_unknown_fields=True):
    """What an order may not have used; each left out is shareable (spec 2.1, 2.3)."""

    coupons: Literal["all"] | tuple[str, ...] = ()
    promotions: Literal["all"] | tuple[str, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    assets: tuple[Asset, ...] = ()


def item_scope_faults(scope: ItemScope | None, items: str) -> Iterator[Fault]:
    """Faults of an item scope beside a condition's `items`."""
    if items == "any":
        if scope is not None:
            yield Fault("item_scope", "is for items: designated only: leave it out, or set condition.items: designated")
        return
    if scope is None:
        yield Fault("item_scope", "is required: items: designated needs {include: [skus]} or {exclude: [skus]}")
        return
    if (scope.include is None) == (scope.exclude is None):
        yield Fault("item_scope", "expected either include or exclude, and one of them only")
    for field, skus in (("include", scope.include), ("exclude", scope.exclude)):
        if skus is not None:
            if not skus:
                yield Fault(f"item_scope.{field}", "expected at least one sku, got an empty list")
            yield from empty_texts(skus, f"item_scope.{field}")


def store_scope_faults(scope: Literal["all"] | StoreScope) -> Iterator[Fault]:
    """Faults of a store scope of the right shape."""
    if isinstance(scope, StoreScope):
        if not scope.stores and not scope.organizations:
            yield Fault("stores", "names no store, so nothing would count: list stores or organizations, or write all")
        yield from empty_texts(scope.stores, "stores.stores")


def store_scope_references(scope: Literal["all"] | StoreScope, whole: WholeSet) -> Iterator[Fault]:
    """Organizations that there are not; and, once there are some, a warning of a store that none has (spec 1.8)."""
    if not isinstance(scope, StoreScope):
        return
    for position, code in enumerate(scope.organizations):
        yield from whole.missing("organization", code, f"stores.organizations[{position}]")
    if whole.places["organization"]:
        for position, store in enumerate(scope.stores):
            if store not in whole.stores:
                yield Fault(f"stores.stores[{position}]", f"no organization has the store {store!r}", warning=True)


def not_with_faults(rule: NotWith) -> Iterator[Fault]:
    """Faults of sharing rules of the right shape."""
    for field, codes in (("coupons", rule.coupons), ("promotions", rule.promotions)):
        if codes != "all":
            yield from empty_texts(codes, f"not_with.{field}")


def empty_texts(texts: Sequence[str], path: str) -> Iterator[Fault]:
    """A fault for each text without a character to be seen."""
    for position, text in enumerate(texts):
        if not text.strip():
            yield Fault(f"{path}[{position}]", "expected text, got an empty one")
