"""The benefits of a level, read for those who hold it (spec 3.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw, Struct

from rules.benefits.benefit import Benefit
from rules.benefits.issue import Issue
from rules.benefits.kinds import benefit_of, kind_of, kind_of_benefit
from rules.benefits.stacking import has_code


class Issuing(Struct, frozen=True):
    """A benefit that is issued. `days`: on which; None: when the level is gained. `coded`: with a code, as something is taken off for it.
    `terms`: the benefit as it is written.
    """

    code: str
    days: Issue | None
    paid_only: bool
    coded: bool
    terms: Raw


class CompiledBenefits(Struct, frozen=True):
    """Those of a level that are understood. `had`: for as long as the level is held; `issued`: the others. `codes`: of both."""

    had: tuple[Benefit, ...] = ()
    issued: tuple[Issuing, ...] = ()
    codes: frozenset[str] = frozenset()


def compile_benefits(documents: Iterable[Mapping[str, object]]) -> CompiledBenefits:
    """Of a level's benefits, as they are written. Upgrade points are apart: they are grants."""
    read = [(document, benefit) for document in documents if (benefit := benefit_of(document)) is not None]
    return CompiledBenefits(
        tuple(benefit for _, benefit in read if not has_code(benefit)),
        tuple(_issuing(document, benefit) for document, benefit in read if has_code(benefit)),
        frozenset(benefit.code for _, benefit in read),
    )


def names_of(documents: Iterable[Mapping[str, object]], *, only_discounts: bool = False) -> tuple[str, ...]:
    """What benefits are called, as members are told. `only_discounts`: of those for which something is taken off a cart."""
    kinds = ((document, kind_of(document)) for document in documents)
    named = (
        document.get("name") for document, kind in kinds if not only_discounts or (kind is not None and kind.worth is not None)
    )
    return tuple(name for name in named if isinstance(name, str))


def _issuing(document: Mapping[str, object], benefit: Benefit) -> Issuing:
    days = benefit.issue if isinstance(benefit.issue, Issue) else None
    coded = kind_of_benefit(benefit).worth is not None
    return Issuing(benefit.code, days, benefit.paid_only, coded, Raw(msgspec.json.encode(document)))
