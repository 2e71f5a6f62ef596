"""`tidemark levels count|preview|bring-forward|cancel` (spec 3.6, 3.9, 6)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from rules.definitions.saved import ChangeName
from rules.documents.change import PROGRAM, Change
from rules.times import moment
from streams.topics import DEFINITIONS
from tidemark.commands.folder import documents_of
from tidemark.definitions.proposals import user_name
from tidemark.definitions.publishing import publish_change
from tidemark.levels.counting import Counts, OfProgram, count_levels
from tidemark.levels.previewing import OfProgram as Preview
from tidemark.levels.previewing import preview as previewed
from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.terminal import counted, say, say_json, say_table

levels = App(name="levels", help="Levels of the programs, the members who hold them, and rules that change.")

Code = Annotated[str, Parameter(name="CODE")]
Json = Annotated[bool, Parameter(negative="", help="JSON, an object, in place of tables")]
_MOST_DAYS = 3_660
Days = Annotated[int, Parameter(validator=Number(gte=0, lte=_MOST_DAYS))]


@levels.command
def count(*, days: Days = 0, json: Json = False) -> None:
    """Count the members by program and level now, over all partitions, and those who reach each level's threshold, disabled ones too.

    Parameters
    ----------
    days
        Of how many days, up to today, registrations and members are shown too.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    found = asyncio.run(count_levels(settings.connection(), settings.prefix, time.time_ns() // 1_000_000, days))
    if json:
        say_json(msgspec.json.encode(found))
        return
    for program in found.programs:
        _say_program(program)
    say(f"{counted(found.members, 'member')} in all")
    _say_days(found)


def _say_program(program: OfProgram) -> None:
    on = "on" if program.on else "off: it shows no levels, and keeps counting"
    say(f"{program.program} (version {program.version}, {on}): {counted(program.members, 'member')}")
    rows = [
        (
            each.level if each.enabled else f"{each.level} (disabled)",
            f"{each.members:,}",
            "" if each.reached is None else f"{each.reached:,}",
        )
        for each in reversed(program.levels)
    ]
    say_table(("  level", "members", "reach its threshold"), [(f"  {name}", *rest) for name, *rest in (*rows, _without(program))])
    if program.earlier:
        say(f"  {program.earlier:,} of them are still judged by an earlier version of the program")
    if program.scheduled:
        say(f"  {program.scheduled:,} of them are new, and under the version that is scheduled for the others")


def _without(program: OfProgram) -> tuple[str, str, str]:
    return "none", f"{program.without:,}", ""


def _say_days(found: Counts) -> None:
    if found.days:
        say_table(
            ("day", "registered", "members"), [(each.day, f"{each.registered:,}", f"{each.members:,}") for each in found.days]
        )


@levels.command
def preview(folder: Path, /, *, json: Json = False) -> int:
    """Say what the programs of a folder would make of the members, if they were published now. Nothing is changed.

    How many go up, down and stay, level by level; how many reach each threshold; what upgrades would give, and what that is worth.
    """
    documents = documents_of(folder)
    if documents is None:
        return 1
    settings = Settings()
    configure_logging(settings.log_level)
    now_ms = time.time_ns() // 1_000_000
    found = asyncio.run(previewed(settings.connection(), settings.prefix, documents, settings.keep_orders_ms(), now_ms))
    if json:
        for each in found:
            say_json(msgspec.json.encode(each))
        return 0
    for each in found:
        _say_preview(each)
    if not found:
        say("no program that is published would change")
    return 0


def _say_preview(found: Preview) -> None:
    say(f"{found.program} as version {found.version}: {found.up:,} up, {found.down:,} down, {found.stay:,} stay")
    moves = [(f"  {each.before or 'none'}", each.after or "none", f"{each.members:,}") for each in found.moves]
    say_table(("  level now", "then", "members"), moves)
    rows = [
        (
            f"  {each.level}" if each.enabled else f"  {each.level} (disabled)",
            f"{each.members:,}",
            "" if each.reached is None else f"{each.reached:,}",
        )
        for each in reversed(found.levels)
    ]
    say_table(("  level then", "members", "reach its threshold"), rows)
    gifts = found.gifts
    coupons = ", ".join(f"{number:,} x {code}" for code, number in sorted(gifts.coupons.items()))
    value = ", ".join(f"{amount:,} {currency} (minor units)" for currency, amount in sorted(gifts.value.items()))
    given = [f"{gifts.points:,} points", *([coupons] if coupons else []), *([f"worth {value}"] if value else [])]
    say(f"  upgrade gifts: {counted(gifts.grants, 'grant')}; {'; '.join(given)}")


@levels.command(name="bring-forward")
def bring_forward(code: Code, /, *, json: Json = False) -> None:
    """Have the scheduled rules of a program hold for everybody in 10 seconds."""
    _change("bring_forward", code, json)


@levels.command
def cancel(code: Code, /, *, json: Json = False) -> None:
    """Take back the scheduled rules of a program: in 10 seconds those of before hold for everybody."""
    _change("cancel", code, json)


def _change(name: ChangeName, code: str, json: bool) -> None:
    settings = Settings()
    configure_logging(settings.log_level)
    change = Change(change=name, kind=PROGRAM, code=code, saved_at=moment(time.time_ns() // 1_000_000), saved_by=user_name())
    published = asyncio.run(publish_change(settings.connection(), settings.prefix + DEFINITIONS, change, settings.keep_orders_ms()))
    saved = published.saved
    if json:
        say_json(
            msgspec.json.encode({"what": published.what, "code": saved.code, "version": saved.version, "change": saved.change})
        )
    else:
        say(f"{published.what:9} {saved.name} version {saved.version} ({saved.change}); it holds in 10 seconds")
