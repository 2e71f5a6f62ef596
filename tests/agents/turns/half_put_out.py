"""A bug that befalls what comes of many members only, half of it put out."""

from __future__ import annotations

from typing import Any

import pytest

from agents.turns import turn as turns
from rules.happened import Grant
from sinks.topics import events


def throw_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, wherever something of more than one member is put out."""
    real = events.put_events

    def put_events(outputs: Any, happened: list[Any], granted: list[Grant] | None) -> None:
        if len({each.member_id for each in happened}) > 1:
            real(outputs, happened[: len(happened) // 2], granted)
            raise RuntimeError("a bug")
        real(outputs, happened, granted)

    monkeypatch.setattr(turns, "put_events", put_events)
