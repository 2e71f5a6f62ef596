"""Gifts, and runs of bulks, that wait at a member who becomes another (spec 1.7)."""

from __future__ import annotations

from msgspec.structs import replace

from rules.bulk.made import was_made
from rules.gifts.waiting import Unreleased, Waiting, labels
from rules.happened import Happened, Released, grants_of
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import iso, moment_us


def take_gifts(member_id: str, member: Member, old_id: str, old: Member, rulebook: Rulebook, happened: list[Happened]) -> None:
    """Gifts that are not claimed become the member's; each grant keeps its id."""
    rest = old.seldom
    waiting: list[Waiting] = [*rest.unreleased, *rest.claimable]
    for waits in waiting:
        his = replace(waits, of=waits.of or old_id)
        _tell(member_id, his, rulebook, happened)
        member.wait_for(his)


def _tell(member_id: str, waits: Waiting, rulebook: Rulebook, happened: list[Happened]) -> None:
    """Says of each gift whose it is now."""
    version = rulebook.granting[waits.ref]
    terms = version.terms_of(waits.first)
    if isinstance(waits, Unreleased):
        gifts, released_at = terms.unreleased(waits.daily), None
    else:
        gifts, released_at = [gift for gift in terms.gifts if gift.place in waits.places], iso(moment_us(waits.released_us))
    for label in labels(waits, waits.first, waits.last):
        grant_id = grants_of(version.code, waits.of) + label
        for gift in gifts:
            happened.append(
                Released(
                    grant_id,
                    gift.place,
                    "moved",
                    member_id,
                    version.code,
                    version.version,
                    released_at,
                    None,
                    None,
                    None,
                    gift.document,
                )
            )


def take_runs(member: Member, old: Member, rulebook: Rulebook) -> None:
    """Runs that are held of the old one are the member's, who is in each once (spec 2.9). Which were made of him is told apart by id."""
    held = {(run.first_ref, run.period) for run in member.seldom.held_runs}
    for run in old.seldom.held_runs:
        bulk = rulebook.runs.version(run.ref)
        if (run.first_ref, run.period) not in held and not was_made(member, [bulk], run.period):
            member.seldom.held_runs.append(run)
