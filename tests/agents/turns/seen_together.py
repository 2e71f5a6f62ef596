"""Members who are seen to together: how many at a time, and what befalls what comes of several of them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from agents.turns import together
from agents.turns import turn as turns
from rules.happened import Grant
from sinks.topics import events


def kept_together(monkeypatch: pytest.MonkeyPatch, caller: ModuleType) -> list[int]:
    """How many something came of, each time that a module sees to some together from now on."""
    kept: list[int] = []
    real = together.reach_together

    def reach_together(*args: Any) -> tuple[int, int, list[str]]:
        found = real(*args)
        kept.append(found[1])
        return found

    monkeypatch.setattr(caller, "reach_together", reach_together)
    return kept


def throw_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on there is a bug wherever something of more than one member is put out: half of it is."""
    real = events.put_events

    def put_events(outputs: Any, happened: list[Any], granted: list[Grant] | None) -> None:
        if len({each.member_id for each in happened}) > 1:
            real(outputs, happened[: len(happened) // 2], granted)
            raise RuntimeError("a bug")
        real(outputs, happened, granted)

    monkeypatch.setattr(turns, "put_events", put_events)
