"""`tidemark activity list|show|save|pause|resume|archive|history` (spec 2.5, 6)."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from rules.definitions.differences import changed_fields
from rules.definitions.kinds import ACTIVITY
from rules.definitions.saved import ChangeName
from rules.documents.change import Change
from rules.figures.additions import Performance, performance_row
from rules.rulebook.rulebook import Rulebook
from rules.times import moment
from streams.topics import DEFINITIONS
from tidemark.definitions.activities import Missing, described, rows
from tidemark.definitions.activities import history as history_of
from tidemark.definitions.brought import Unknown, from_redis, from_the_topic
from tidemark.definitions.files import load_definitions, problem_lines
from tidemark.definitions.proposals import user_name
from tidemark.definitions.publishing import Published, publish_change, read_rulebook
from tidemark.logs import configure_logging
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, give_up, say, say_json, say_table

activity = App(
    name="activity", help="Activities as they stand on the definitions topic: look at them, save, pause, resume, archive."
)

Code = Annotated[str, Parameter(name="CODE")]
Version = Annotated[int | None, Parameter(validator=Number(gte=1))]
Json = Annotated[bool, Parameter(negative="", help="JSON, an object a line, in place of a table")]
FromTopic = Annotated[
    bool,
    Parameter(
        negative="",
        help="figures are added up from the topic `figures`, all of it, in place of asking Redis; without a worker for them",
    ),
]


@activity.command(name="list")
def list_(*, json: Json = False, from_topic: FromTopic = False) -> None:
    """List all activities: draft, scheduled, running, paused, ended or archived; the newest version of each, and what all have brought."""
    found = rows(_rulebook(), _now_ms())
    figures = _figures([row.code for row in found], from_topic)
    if json:
        for row in found:
            say_json(msgspec.json.encode(msgspec.to_builtins(row) | {"figures": _row_of(row.code, figures)}))
        return
    if not found:
        say("no activities; `tidemark activity save FILE` saves one", sys.stderr)
        return
    heads = ("orders", "amount", "refunded", "members", "grants", "refused", "points") if figures is not None else ()
    say_table(
        ("code", "type", "state", "version", "starts", "ends", *heads, "name"),
        [
            (
                *(row.code, row.type, row.shown, str(row.version), _text(row.starts_at), _text(row.ends_at)),
                *_cells(heads, _row_of(row.code, figures)),
                row.name,
            )
            for row in found
        ],
    )


@activity.command
def show(code: Code, /, *, version: Version = None, json: Json = False, from_topic: FromTopic = False) -> None:
    """Show an activity: its state, who saved it and when, what it has brought, and what it says; an older version with --version."""
    found = described(_rulebook(), code, version, _now_ms())
    if isinstance(found, Missing):
        give_up(found.said)
    figures = _row_of(code, _figures([code], from_topic))
    if json:
        say_json(msgspec.json.encode(msgspec.to_builtins(found) | {"figures": figures}))
        return
    for name in ("code", "version", "shown", "state", "change", "saved_at", "saved_by"):
        say(f"{name:12} {_text(getattr(found, name))}")
    say(f"{'holds_from':12} {found.holds_from or 'ever'}")
    for name, figure in (figures or {}).items():
        say(f"{name:12} {_figure(figure)}")
    for line in msgspec.json.format(msgspec.json.encode(found.document), indent=2).decode().splitlines():
        say(line)


@activity.command
def history(code: Code, /, *, version: Version = None, json: Json = False) -> None:
    """List every version of an activity: who saved it, when, and what it changed; the whole of one with --version."""
    if version is not None:
        show(code, version=version, json=json)
        return
    found = history_of(_rulebook(), code)
    if isinstance(found, Missing):
        give_up(found.said)
    if json:
        _say_all_json(found)
        return
    say_table(
        ("version", "change", "state", "saved at", "by", "changed"),
        [
            (
                str(past.version),
                past.change,
                _text(past.state),
                past.saved_at,
                past.saved_by,
                past.changed if past.left_out is None else f"left out: {past.left_out}",
            )
            for past in found
        ],
    )


@activity.command
def save(file: Path, /, *, version: Version = None, json: Json = False) -> None:
    """Save the activity in a file (YAML or JSON) as the next version; nothing where nothing changes.

    Parameters
    ----------
    version
        The version that it must become: refused where somebody else came first, with what was changed.
    """
    loaded = load_definitions(file)
    if loaded.problems:
        for line in problem_lines(loaded.problems):
            say(line, sys.stderr)
        sys.exit(1)
    documents = [each.document for each in loaded.documents]
    if len(documents) != 1 or documents[0].get("kind") != ACTIVITY:
        give_up(f"{file}: expected one activity; `tidemark publish` takes folders, and definitions of every kind")
    (document,) = documents
    _change("save", str(document.get("code")), version, json, document)


@activity.command
def pause(code: Code, /, *, version: Version = None, json: Json = False) -> None:
    """Pause an activity: nothing that is placed from 10 seconds on counts in it, until it is resumed."""
    _change("pause", code, version, json)


@activity.command
def resume(code: Code, /, *, version: Version = None, json: Json = False) -> None:
    """Resume an activity that is paused, from 10 seconds on."""
    _change("resume", code, version, json)


@activity.command
def archive(code: Code, /, *, version: Version = None, json: Json = False) -> None:
    """Archive an activity, for good: it takes no change after that, and its code stays taken."""
    _change("archive", code, version, json)


def _change(name: ChangeName, code: str, version: int | None, json: bool, document: dict[str, object] | None = None) -> None:
    settings = Settings()
    configure_logging(settings.log_level)
    change = Change(
        change=name,
        kind=ACTIVITY,
        code=code,
        saved_at=moment(_now_ms()),
        saved_by=user_name(),
        version=version,
        document=document or {},
    )
    published = asyncio.run(publish_change(settings.connection(), settings.prefix + DEFINITIONS, change, settings.keep_orders_ms()))
    if json:
        saved = published.saved
        told = {"what": published.what, "code": saved.code, "version": saved.version, "change": saved.change}
        if published.missed:
            told["missed"] = published.missed
        say_json(msgspec.json.encode(told))
        return
    say(_words(published))
    if published.missed:
        complain(published.missed)


def _words(published: Published) -> str:
    what, saved, before, _ = published
    if what == "unchanged":
        return f"{what:9} {saved.name} version {saved.version}: there is nothing that this would change"
    changed = f": {changed_fields(before, saved.document)}" if saved.change == "save" and what == "changed" else ""
    return f"{what:9} {saved.name} version {saved.version} ({saved.change}){changed}; it holds in 10 seconds"


def _figures(codes: Sequence[str], from_topic: bool) -> Mapping[str, Performance] | None:
    """What activities have brought; None where that is not known, which is said."""
    settings = Settings()
    if not settings.figures and not from_topic:
        return None
    found = asyncio.run(from_the_topic(settings) if from_topic else from_redis(settings, codes))
    if isinstance(found, Unknown):
        complain(found.said)
        return None
    return found


def _row_of(code: str, figures: Mapping[str, Performance] | None) -> dict[str, object] | None:
    if figures is None:
        return None
    row = performance_row(code, figures.get(code, Performance()))
    del row["activity"]
    return row


def _cells(heads: Sequence[str], row: dict[str, object] | None) -> list[str]:
    return [] if row is None else [_figure(row[head]) for head in heads]


def _figure(figure: object) -> str:
    """A number; of numbers by name, those that are not 0."""
    if isinstance(figure, dict):
        return ", ".join(f"{name} {value:,}" for name, value in figure.items() if value) or "0"
    return f"{figure:,}"


def _rulebook() -> Rulebook:
    settings = Settings()
    configure_logging(settings.log_level)
    return asyncio.run(read_rulebook(settings.connection(), settings.prefix + DEFINITIONS))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _say_all_json(found: Sequence[msgspec.Struct]) -> None:
    for each in found:
        say_json(msgspec.json.encode(each))
