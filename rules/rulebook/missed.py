"""Versions of programs that a member is yet to be judged by (spec 3.6).

While everybody is judged by a changed program this is asked for each, as of a few times: who is as far as another has missed the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rules.finer import registered_us
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import ALWAYS_US, Member

# What members have missed that is remembered.
_REMEMBERED_MAX: Final = 1_000


class Missed(NamedTuple):
    """A version that a membership was not judged by, from when on it is (epoch ms; to the microsecond, `from_us`), and the one that it was
    judged by before. `had`: the last before it that was on; None where there is none. `rejudges`: whether levels are judged by something
    else than before; `recounts`: whether something else counts.
    """

    from_ms: int
    from_us: int
    version: CompiledProgram
    before: CompiledProgram
    had: CompiledProgram | None
    rejudges: bool
    recounts: bool


class MissedVersions:
    """Those of all programs of a rulebook."""

    def __init__(self, programs: Mapping[str, Sequence[CompiledProgram]]) -> None:
        self._programs = programs
        # Those of which a version holds for some earlier than for others.
        self._scheduled = frozenset(code for code, versions in programs.items() if any(version.scheduled for version in versions))
        self._found: dict[tuple[str, int, int, int], Sequence[Missed]] = {}

    def of(self, member: Member, code: str, judged: int, at_ms: int) -> Sequence[Missed]:
        """The versions of a program, oldest first, that hold or have held by a time for a member whose membership was last judged by the
        version of that ref; -1: of which is not known.
        """
        versions = self._programs.get(code)
        if not versions or versions[-1].ref == judged:
            return ()
        # How many were saved after he was registered, where that makes a difference: all who have as many are judged alike.
        later, registered = 0, ALWAYS_US
        if code in self._scheduled:
            registered = registered_us(member)
            for version in versions:
                later += registered < version.saved_us
        key = (code, judged, later, at_ms)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _REMEMBERED_MAX:
                self._found.clear()
            found = self._found[key] = _missed(versions, _line(versions, registered, at_ms), registered, judged)
        return found


def _line(versions: Sequence[CompiledProgram], registered_us: int, at_ms: int) -> list[CompiledProgram]:
    """The versions that who was registered then is, or was, to be judged by until a time, oldest first."""
    found: list[CompiledProgram] = []
    for version in reversed(versions):
        # One that the next came to hold with never held itself (spec 2.5).
        is_first = not found or version.from_us(registered_us) < found[-1].from_us(registered_us)
        if is_first and version.from_ms(registered_us) <= at_ms:
            found.append(version)
    found.reverse()
    return found


def _missed(versions: Sequence[CompiledProgram], line: Sequence[CompiledProgram], registered_us: int, judged: int) -> list[Missed]:
    # A version is judged by but once, and none that came before it any more.
    place = next((place for place, version in enumerate(line) if version.ref > judged), len(line))
    if judged < 0:
        # Of which version is not known: by the newest.
        place = max(len(line) - 1, 0)
    before = next((version for version in versions if version.ref == judged), None)
    had = next((version for version in reversed(line[:place]) if not version.off), None)
    found = []
    for at, version in enumerate(line[place:], place):
        before = before or line[max(at - 1, 0)]
        from_ms, from_us = version.from_ms(registered_us), version.from_us(registered_us)
        recounts = version.points != before.points or not version.counts_as(before)
        found.append(Missed(from_ms, from_us, version, before, had, not version.judges_as(before), recounts))
        had = had if version.off else version
        before = version
    return found
