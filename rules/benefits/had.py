"""All benefits that a member may use with a cart: of the levels that he holds, of his organization, and issued to him (spec 3.8, 3.10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec import Struct

from rules.benefits.benefit import Benefit
from rules.benefits.birth_month_discount import BirthMonthDiscount
from rules.benefits.candidate import Candidate, candidate
from rules.benefits.issuing import is_for
from rules.benefits.kinds import benefit_of
from rules.local_days import LocalDays, local_days
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Member


class Issued(Struct, frozen=True):
    """What is needed of a record of `benefits`."""

    issue_id: str
    program: str
    terms: dict[str, object]
    code: str | None = None


class Where(Struct, frozen=True):
    """Of a cart: on which channel it is bought, in which currency, and when (epoch ms)."""

    channel: str
    currency: str
    at_ms: int


def candidates_of(member: Member, issued: Iterable[Issued], rulebook: Rulebook, where: Where) -> list[Candidate]:
    """His, each once."""
    found = [*_of_levels(member, rulebook, where), *_of_organization(member, rulebook, where)]
    found += _issued(member, issued, rulebook, where)
    return list({each.id: each for each in found}.values())


def _of_levels(member: Member, rulebook: Rulebook, where: Where) -> Iterator[Candidate]:
    for membership in member.memberships:
        program = None if membership.left else _program(membership.program, member, rulebook, where)
        level = None if program is None else program.level(membership.level)
        if program is None or level is None:
            continue
        for benefit in level.benefits.had:
            if is_for(benefit.paid_only, membership):
                yield from _usable(benefit, f"{program.code}/{level.code}/{benefit.code}", None, member, program.days, where)


def _of_organization(member: Member, rulebook: Rulebook, where: Where) -> Iterator[Candidate]:
    profile = member.seldom.profile
    organization = None if profile is None else rulebook.organization(profile.organization, where.at_ms)
    if organization is None:
        return
    # It has no calendar of its own.
    program = rulebook.program(rulebook.default_program(where.at_ms) or "", where.at_ms)
    days = local_days("UTC") if program is None else program.days
    for benefit in organization.benefits:
        yield from _usable(benefit, f"*{organization.code}/{benefit.code}", None, member, days, where)


def _issued(member: Member, issued: Iterable[Issued], rulebook: Rulebook, where: Where) -> Iterator[Candidate]:
    """What was issued stays his, whatever level he holds by now, and by the terms of then."""
    for each in issued:
        program, benefit = _program(each.program, member, rulebook, where), benefit_of(each.terms)
        if program is not None and benefit is not None and each.code is not None:
            yield from _usable(benefit, each.issue_id, each.code, member, program.days, where)


def _program(code: str, member: Member, rulebook: Rulebook, where: Where) -> CompiledProgram | None:
    """The program, where its benefits may be used: it is on, takes part on the channel, and is in the currency."""
    program = rulebook.program_of(member, code, where.at_ms)
    if program is None or program.off or where.channel not in program.channels or program.currency != where.currency:
        return None
    return program


def _usable(benefit: Benefit, id_: str, code: str | None, member: Member, days: LocalDays, where: Where) -> Iterator[Candidate]:
    if isinstance(benefit, BirthMonthDiscount) and _birth_month(member) != date.fromordinal(days.day_of(where.at_ms)).month:
        return
    found = candidate(benefit, id_, code)
    if found is not None:
        yield found


def _birth_month(member: Member) -> int | None:
    profile = member.seldom.profile
    # YYYY-MM-DD or MM-DD.
    return int(profile.birthday[-5:-3]) if profile is not None and profile.birthday else None
