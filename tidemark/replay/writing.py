"""What came of a replay, as files: a JSON line each, text sorted as code points (spec 6)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tidemark.replay.replay import Outcome


def write(outcome: Outcome, grants: Path | None, levels: Path | None, dead_letters: Path | None, stats: Path | None) -> None:
    """Writes those that are named."""
    if grants is not None:
        _write_lines(grants, sorted(outcome.grants.values(), key=_grant_order))
    if levels is not None:
        _write_lines(levels, (_held(*place, event) for place, event in sorted(outcome.levels.items())))
    if dead_letters is not None:
        _write_lines(dead_letters, map(_readable, outcome.dead_letters.values()))
    if stats is not None:
        stats.write_text(json.dumps(_figures(outcome)) + "\n", encoding="utf-8")


def _grant_order(grant: Mapping[str, object]) -> tuple[str, str, int, str, str]:
    """By activity, member, ordinal or level; gains of one level by their ids. What is null comes first."""
    ordinal = grant["ordinal"]
    return (
        str(grant["activity"] or ""),
        str(grant["member_id"]),
        ordinal if isinstance(ordinal, int) else 0,
        str(grant["level"] or ""),
        str(grant["grant_id"]),
    )


def _held(program: str, member_id: str, event: Mapping[str, object]) -> Mapping[str, object]:
    """A row of the levels, of the last change of a program and member. Every level is held by spending, and for good."""
    level = event["level"]
    return {
        "program": program,
        "member_id": member_id,
        "level": level,
        "since": event["since"],
        "until": None,
        "by": None if level is None else "spending",
    }


def _readable(letter: Mapping[str, object]) -> Mapping[str, object]:
    """A dead letter with its text as `raw`, where it is text: on its topic it may be in base64 for its size."""
    if "raw_base64" not in letter:
        return letter
    raw = base64.b64decode(str(letter["raw_base64"]))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return letter
    return {name: value for name, value in letter.items() if name != "raw_base64"} | {"raw": text}


def _figures(outcome: Outcome) -> Mapping[str, object]:
    seconds = outcome.seconds
    return {
        "orders": outcome.documents,
        "seconds": round(seconds, 3),
        "orders_per_second": round(outcome.documents / seconds, 1) if seconds else 0.0,
        "worker_cpu_seconds": round(outcome.worker_cpu_seconds, 3),
        "grants": len(outcome.grants),
        "dead_letters": len(outcome.dead_letters),
    }


def _write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
