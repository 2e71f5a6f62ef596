"""Messages of a program to a member: that he was upgraded, and its rules and benefits (spec 3.11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from rules.happened import Happened, LevelUpgraded, RulesAndBenefits
from rules.messages.filling import LEVEL_UPGRADED, RULES_AND_BENEFITS, fill
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Member, Profile
from rules.times import epoch_us, iso


class _Way(NamedTuple):
    """How a member is reached: in a mini program as that user of it, or by a phone number; None by email, as no document has an address."""

    channel: str
    mini_program: str | None
    user: str | None


def tell_upgrade(
    member_id: str, member: Member, program: CompiledProgram, code: str, at: datetime, rulebook: Rulebook, happened: list[Happened]
) -> None:
    """Tells a member of the level that he has gained, where the Message Centre has a text for it."""
    text, level = rulebook.text(LEVEL_UPGRADED, epoch_us(at)), program.level(code)
    profile = None if text is None else member.seldom.profile
    if text is None or profile is None or level is None:
        return
    values = {"member_name": profile.name, "level": level.name, "discounts": ", ".join(level.discounts)}
    happened += _messages(LevelUpgraded, text, values, member_id, profile, program, code, at)


def tell_rules(
    member_id: str,
    member: Member,
    program: CompiledProgram,
    code: str | None,
    at: datetime,
    rulebook: Rulebook,
    happened: list[Happened],
) -> None:
    """Tells a member of a program's rules and benefits, who holds that level of it, where the Message Centre has a text for it."""
    text = rulebook.text(RULES_AND_BENEFITS, epoch_us(at))
    profile = None if text is None else member.seldom.profile
    if text is None or profile is None or program.off:
        return
    level = program.level(code)
    benefits = (f"{each.name}: {', '.join(each.shown)}" for each in program.ladder if each.enabled and each.shown)
    values = {
        "member_name": profile.name,
        "program": program.name,
        "level": "" if level is None else level.name,
        "rules": program.rules,
        "benefits": "; ".join(benefits),
    }
    happened += _messages(RulesAndBenefits, text, values, member_id, profile, program, code, at)


def _messages(
    type_: type[LevelUpgraded | RulesAndBenefits],
    text: str,
    values: dict[str, str],
    member_id: str,
    profile: Profile,
    program: CompiledProgram,
    level: str | None,
    at: datetime,
) -> Iterator[LevelUpgraded | RulesAndBenefits]:
    for way in _ways(profile):
        yield type_(program.code, level, member_id, *way, fill(text, values), iso(at))


def _ways(profile: Profile) -> Iterator[_Way]:
    """Those that the member has said yes to."""
    consents = profile.consents
    if consents.get("sms") is True and profile.phone:
        yield _Way("sms", None, profile.phone)
    if consents.get("mini_program") is True:
        for mini_program, user in sorted(profile.mini_programs.items()):
            yield _Way("mini_program", mini_program, user)
    if consents.get("email") is True:
        yield _Way("email", None, None)
