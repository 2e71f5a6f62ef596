"""What is wrong with the benefits of a level, or of an organization (spec 3.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import msgspec

from rules.benefits.benefit import Benefit, BenefitKind, Requires
from rules.benefits.issue import Issue, issue_faults
from rules.benefits.kinds import BENEFIT_KINDS, benefit_of, kind_of, kind_of_benefit, unknown_fields
from rules.benefits.stacking import combine
from rules.benefits.upgrade_points import UPGRADE_POINTS
from rules.definitions.checking.fault import Fault, listed, meant, shown
from rules.definitions.checking.shape import shape_faults

# What has the benefits: a level of one of these types, or an organization.
Owner = Literal["basic", "paid", "dual", "organization"]
_UNUSED = "as long as that is so it is shown, and neither issued nor used"


def benefit_faults(benefits: Sequence[Mapping[str, object]], owner: Owner, at: str) -> Iterator[Fault]:
    """Of those at that path."""
    codes: dict[object, int] = {}
    for position, benefit in enumerate(benefits):
        field = f"{at}[{position}]"
        first = codes.setdefault(benefit.get("code"), position)
        if first != position and isinstance(benefit.get("code"), str):
            yield Fault(f"{field}.code", f"{shown(benefit['code'])} is the code of benefits[{first}] already")
        kind = kind_of(benefit)
        if kind is None:
            yield _no_such_kind(benefit.get("kind"), field)
        else:
            yield from _faults(benefit, kind, owner, field)
    if owner != "organization":
        # What its members have beside it is of levels.
        yield from _codes_for_nothing(benefits, at)


def _no_such_kind(name: object, field: str) -> Fault:
    if name is None:
        return Fault(f"{field}.kind", f"is required: expected {listed(BENEFIT_KINDS)}")
    return Fault(f"{field}.kind", f"expected {listed(BENEFIT_KINDS)}, got {shown(name)}{meant(str(name), BENEFIT_KINDS)}")


def _faults(document: Mapping[str, object], kind: BenefitKind, owner: Owner, field: str) -> Iterator[Fault]:
    unknown = unknown_fields(document, kind)
    known = {name: value for name, value in document.items() if name not in unknown}
    found = shape_faults(known, kind.shape, field)
    yield from found
    if found:
        return
    for name in unknown:
        hint = meant(name, kind.shape.__struct_encode_fields__)
        cost = "it means nothing" if kind is UPGRADE_POINTS else _UNUSED
        yield Fault(f"{field}.{name}", f"is not a field of a benefit of kind {kind.name}: {cost}{hint}", warning=True)
    benefit: Any = msgspec.convert(known, kind.shape)
    lacking = kind.lacks(benefit)
    if lacking is not None:
        yield Fault(field, f"expected {lacking}: {_UNUSED}", warning=True)
    if isinstance(benefit, Benefit):
        yield from _rule_faults(benefit, field)
    yield from _owner_faults(benefit, kind, owner, field)


def _rule_faults(benefit: Benefit, field: str) -> Iterator[Fault]:
    requires, issue = benefit.requires, benefit.issue
    if isinstance(requires, Requires) and (requires.min_amount is None) == (requires.min_quantity is None):
        yield Fault(f"{field}.requires", "expected none, {min_amount: n} or {min_quantity: n}")
    if isinstance(issue, Issue):
        yield from issue_faults(issue, f"{field}.issue")


def _owner_faults(benefit: Any, kind: BenefitKind, owner: Owner, field: str) -> Iterator[Fault]:
    """What is meant for those of other levels."""
    if owner == "organization":
        if kind is UPGRADE_POINTS:
            yield Fault(field, "nobody gains an organization: these points are never given", warning=True)
        elif benefit.issue is not None:
            yield Fault(f"{field}.issue", "is of levels: of an organization it is had by its members, and not issued", warning=True)
    if benefit.paid_only and owner != "dual":
        who = "nobody pays for it: it is never had" if owner in ("basic", "organization") else "all who hold it have paid"
        yield Fault(f"{field}.paid_only", f"is of dual levels; of this {who}", warning=True)


def _codes_for_nothing(benefits: Sequence[Mapping[str, object]], at: str) -> Iterator[Fault]:
    """Codes are allowed, and there is nothing that allows it in turn."""
    understood = [(position, each) for position, document in enumerate(benefits) if (each := benefit_of(document)) is not None]
    usable = [(position, each) for position, each in understood if kind_of_benefit(each).worth is not None]
    combined: set[int] = set()
    for (one_at, one), (other_at, other) in combinations(usable, 2):
        if combine(one, other):
            combined |= {one_at, other_at}
    for position, benefit in usable:
        if benefit.stack.codes and position not in combined:
            message = "codes are allowed, and nothing can be combined with it: no other benefit here allows it in turn"
            yield Fault(f"{at}[{position}].stack.codes", message, warning=True)
