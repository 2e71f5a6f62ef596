"""What happened in the demo's year that figures alone do not tell: in which activity gifts waited for midnight, which ran out, was
paused, or came by itself to who stayed away; and what became of levels that have terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidemark.demo.tally import Tally
from tidemark.demo.words import date, whole

# What marketing does to an activity.
DONE = {"save": "changed", "pause": "paused", "resume": "resumed", "archive": "archived"}
EVERY = {"once": "once", "day": "every day", "week": "every week", "month": "every month"}
RELEASED = {"hourly": "released within the hour", "daily": "released at midnight"}


def noteworthy(
    performance: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]], tally: Tally
) -> Iterator[tuple[str, str]]:
    """Names of activities and programs, and what there is to say of each; nothing of those that have nothing of the kind. `performance`,
    `changes`: as in `ending.Summary`.
    """
    refused = {row["activity"]: sum(row["refused"].values()) for row in performance}
    for code, definition in tally.words.definitions.items():
        said = [
            *_bulk(definition, tally),
            *_waits(definition, tally),
            *_limits(definition, tally, refused.get(code, 0)),
            *(f"{DONE[each['change']]} on {date(each['saved_at'])}" for each in changes if each["code"] == code),
        ]
        if said:
            yield tally.words.activities[code], "; ".join(said)
    for code, validity in tally.words.validity.items():
        kept = [f"{count:,} × {word}" for (program, word), count in tally.kept.items() if program == code]
        counted = ", ".join([*kept, f"{tally.ended[code]:,} × ended lower, or with no level"])
        yield tally.words.programs[code], f"levels are held for {validity}: {counted}"


def _bulk(definition: Mapping[str, Any], tally: Tally) -> Iterator[str]:
    if definition["type"] == "bulk":
        when = EVERY[definition.get("schedule", {}).get("every", "once")]
        yield f"comes by itself, {when}, to members by {_named(definition['segment'])}; {len(tally.runs[definition['code']]):,} times"


def _named(segment: Mapping[str, Any]) -> str:
    """What a segment asks for: days since last order (at least 60, below 91)."""
    return ", ".join(f"{_spaced(field)} ({_asked(asked)})" for field, asked in segment.items())


def _asked(asked: object) -> str:
    if isinstance(asked, Mapping):
        return ", ".join(f"{_spaced(how)} {limit}" for how, limit in asked.items())
    return str(asked)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _waits(definition: Mapping[str, Any], tally: Tally) -> Iterator[str]:
    code = definition["code"]
    releases = {RELEASED[gift["release"]] for gift in definition.get("gifts", ()) if gift.get("release") in RELEASED}
    if releases:
        held = tally.dated[code] - tally.released_later[code]
        yield f"{', '.join(sorted(releases))}: {tally.released_later[code]:,}, and {held:,} held back"
    if tally.to_claim[code]:
        yield f"then claimed in the app: {tally.claimed[code]:,} of {tally.to_claim[code]:,}"


def _limits(definition: Mapping[str, Any], tally: Tally, refused: int) -> Iterator[str]:
    limits, code = definition.get("limits", {}), definition["code"]
    if not refused:
        return
    if "budget" in limits:
        yield f"a budget of {whole(limits['budget'], tally.words.currency(definition))}: {_until(code, tally)}"
    if "total" in limits:
        yield f"for {limits['total']:,} in all: {_until(code, tally)}"
    yield f"then {refused:,} refused"


def _until(code: str, tally: Tally) -> str:
    return f"the last on {date(tally.last[code])}" if code in tally.last else "too little for any"
