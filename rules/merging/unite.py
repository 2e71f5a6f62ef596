"""Two members who are one (spec 1.7): what the old id had is added to the new one's, united with it, or becomes his."""

from __future__ import annotations

from datetime import datetime

from rules.benefits.issuing import await_issues
from rules.figures.days import DAY_MIN
from rules.happened import Happened, LevelChange
from rules.levels.cause import Cause
from rules.levels.since_upgrade import stretches_of
from rules.levels.standing import judge_changed
from rules.merging.gifts import take_gifts, take_runs
from rules.merging.levels import unite_memberships
from rules.merging.ordinals import add_ordinals
from rules.merging.owed import grant_what_is_owed
from rules.rulebook.rulebook import Rulebook
from rules.spending.sums import check_sums
from rules.state import ON_POS, ONLINE, Kin, Member

_CHANNELS = ON_POS | ONLINE


def unite(
    member_id: str,
    member: Member,
    old_id: str,
    old: Member,
    at: datetime,
    now_us: int,
    until_ms: int,
    rulebook: Rulebook,
    happened: list[Happened],
) -> None:
    """Has a member have what the old id had. What is owed by the sum is granted as of `at`, by the version that holds then, and levels are
    judged afresh; `now_us`: by the clock (epoch us). `until_ms`: until when what came under the old id is to be asked for (epoch ms).
    Refunds of either that wait are left where they are. Raises InvalidDocument where a sum is more than can be kept.
    """
    now_ms = now_us // 1000
    _judge_to_now(old_id, old, rulebook, now_ms, happened)
    his = old.seldom
    as_it_was = Kin(old_id, until_ms, {}, old.granted, dict(old.gained), his.for_claims, dict(his.made_runs))
    for epoch, amount in old.progress.items():
        member.progress[epoch] = member.progress.get(epoch, 0) + amount
    take_runs(member, old, rulebook)
    add_ordinals(member, old, rulebook)
    take_gifts(member_id, member, old_id, old, rulebook, happened)
    _unite_what_was_bought(member, old)
    mine = member.seldom
    _unite_what_was_gained(member, old)
    mine.given += [ref for ref in his.given if ref not in mine.given]
    for name, claimed_us in his.claims.items():
        mine.claims[name] = min(mine.claims.get(name, claimed_us), claimed_us)
    cause = Cause("merged", None, None, at, now_ms, finer_us=now_us % 1000)
    last_numbers = {each.program: each.standing.number for each in old.memberships if each.standing is not None}
    stretches = {each.program: stretches_of(each.standing) for each in old.memberships if each.standing is not None}
    as_it_was.numbers = unite_memberships(member_id, member, old, rulebook, cause, happened)
    as_it_was.last_numbers = {code: first + last_numbers.get(code, 0) for code, first in as_it_was.numbers.items()}
    as_it_was.stretches = {code: began for code in as_it_was.numbers if (began := stretches.get(code))}
    for kin in his.kin:
        kin.numbers = {code: kin.numbers.get(code, 0) + as_it_was.numbers.get(code, 0) for code in kin.numbers | as_it_was.numbers}
        kin.last_numbers = {code: last + as_it_was.numbers.get(code, 0) for code, last in kin.last_numbers.items()}
    mine.kin += [as_it_was, *his.kin]
    check_sums(member)
    grant_what_is_owed(member_id, member, rulebook, at, now_us, happened)
    await_issues(member, rulebook, now_ms)
    member.find_due()


def _judge_to_now(old_id: str, old: Member, rulebook: Rulebook, now_ms: int, happened: list[Happened]) -> None:
    """Programs that have come to hold since the old one left are judged by as his: what he gains by them he gains. That he held levels then
    is told no more.
    """
    told: list[Happened] = []
    judge_changed(old_id, old, rulebook, now_ms, told)
    happened += [each for each in told if not isinstance(each, LevelChange)]


def _unite_what_was_gained(member: Member, old: Member) -> None:
    """Levels gained are counted once; what a tier_upgrade has granted the old one for it does not grant again, under another id."""
    gained = member.gained
    for name, times in old.gained.items():
        is_granted = name.count("/") > 1
        gained[name] = gained.get(name, 0) if is_granted else max(gained.get(name, 0), times)


def _unite_what_was_bought(member: Member, old: Member) -> None:
    """How often, on which channels and when last (spec 5)."""
    days = {*member.seldom.days, *old.seldom.days}
    days |= {each.last_bought_min // DAY_MIN for each in (member, old) if each.last_bought_min}
    mine, his = member.purchases, old.purchases
    if his and (not mine or old.last_bought_min > member.last_bought_min):
        member.last_bought_min = old.last_bought_min
    member.seldom.days = sorted(days - {member.last_bought_min // DAY_MIN})
    # The complement: another id leads to him.
    member.bought = ~((mine & ~_CHANNELS) + (his & ~_CHANNELS) | (mine | his) & _CHANNELS)
