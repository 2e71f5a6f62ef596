"""Stores that belong together, with those of the organizations below it (spec 1.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from rules.benefits.kinds import benefit_of
from rules.definitions.checking.benefits import benefit_faults
from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Code, Text
from rules.definitions.kind import Kind
from rules.definitions.saved import Saved
from rules.rulebook.compiled.organization import CompiledOrganization
from rules.rulebook.programs import Programs


class Organization(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="organization", tag_field="kind"):
    """The definition."""

    code: Code
    name: Text
    parent: Code | None = None
    stores: tuple[str, ...] = ()
    # As they are written, each with a `kind` (rules/benefits).
    benefits: tuple[dict[str, object], ...] = ()


def _faults(_organization: Organization, _document: Mapping[str, object]) -> Iterator[Fault]:
    return iter(())


def _set_faults(organization: Organization, whole: WholeSet) -> Iterator[Fault]:
    """Benefits, and a parent that there is not, or that leads back to it. Every one above is looked at once, whatever the number of those
    below.
    """
    yield from benefit_faults(organization.benefits, "organization", "benefits")
    if organization.parent is None:
        return
    yield from whole.missing("organization", organization.parent, "parent")
    circle = whole.circle(organization.code)
    if circle:
        yield Fault("parent", f"an organization cannot be below itself: {' < '.join(circle)}")


def _compile(organization: Organization, _saved: Saved, _ref: int, _first_ref: int, _programs: Programs) -> CompiledOrganization:
    return CompiledOrganization(
        organization.code,
        organization.parent,
        organization.stores,
        tuple(benefit for document in organization.benefits if (benefit := benefit_of(document)) is not None),
    )


ORGANIZATION = Kind(name="organization", shape=Organization, faults=_faults, set_faults=_set_faults, compile=_compile)
