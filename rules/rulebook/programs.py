"""The programs of a rulebook: versions by code, the default one, and what activities take from them (spec 1.7, 2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rules.rulebook.compiled.program import CompiledProgram
from rules.state import ALWAYS_MS

# Versions of each, by code: oldest first, one at least.
ProgramVersions = Mapping[str, Sequence[CompiledProgram]]


class Programs:
    """What must be known of all programs to compile an activity."""

    def __init__(self, versions: ProgramVersions) -> None:
        self._versions = versions
        self._every = frozenset(versions)

    def defaults(self) -> list[tuple[int, str | None]]:
        """From when on (epoch ms) which is the default one, oldest first: of the versions that hold then, the one that says so, or the
        only one; the first published where there are several such, or none.
        """
        times = sorted({ALWAYS_MS, *(version.holds_from_ms for chain in self._versions.values() for version in chain)})
        return [(time_ms, _default(self._holding(time_ms))) for time_ms in times]

    def of_activity(self, listed: Sequence[str], currency: str | None, first_ref: int) -> tuple[frozenset[str], str]:
        """The programs that an activity is for, and its currency: the (first) program's, where it names none. `first_ref`: of its first
        version.

        Where it lists no programs, the first is the one that was the default when the activity was first published: its sums are in that
        currency, whatever becomes the default later.
        """
        programs = frozenset(listed) or self._every
        first = listed[0] if listed else self._default_before(first_ref)
        return programs, currency or (self._versions[first][0].currency if first is not None and first in self._versions else "")

    def timezone(self, listed: Sequence[str], timezone: str | None, first_ref: int) -> str:
        """The zone of an activity: likewise."""
        first = listed[0] if listed else self._default_before(first_ref)
        return timezone or (self._versions[first][0].timezone if first is not None and first in self._versions else "UTC")

    def levels(self, code: str) -> Iterable[str]:
        """The codes of the levels that a program has or had."""
        return dict.fromkeys(rung.code for version in self._versions.get(code, ()) for rung in version.ladder)

    def means_the_same(self, before: Programs) -> bool:
        """Whether every activity compiles to the same under these as under those before."""
        return self._meaning() == before._meaning()

    def _meaning(self) -> object:
        return {
            code: (chain[0].currency, chain[0].timezone, tuple(self.levels(code)), _defaults(chain))
            for code, chain in self._versions.items()
        }

    def _holding(self, at_ms: int) -> list[CompiledProgram]:
        """The version of each program that holds at a time, where one does."""
        holding = ([version for version in chain if version.holds_from_ms <= at_ms] for chain in self._versions.values())
        return [versions[-1] for versions in holding if versions]

    def _default_before(self, ref: int) -> str | None:
        then = [newest for chain in self._versions.values() if (newest := _newest_before(chain, ref)) is not None]
        if then and (len(then) == 1 or any(program.default for program in then)):
            return _default(then)
        # Published before any program, as files in a folder may be.
        return _default([version for chain in self._versions.values() for version in chain])


def _defaults(chain: Sequence[CompiledProgram]) -> list[tuple[int, bool]]:
    """From which version on a program said of itself that it is the default one, or no longer."""
    return [(each.ref, each.default) for n, each in enumerate(chain) if not n or each.default != chain[n - 1].default]


def _newest_before(chain: Sequence[CompiledProgram], ref: int) -> CompiledProgram | None:
    return next((version for version in reversed(chain) if version.ref < ref), None)


def _default(programs: Iterable[CompiledProgram]) -> str | None:
    ordered = sorted(programs, key=lambda program: program.ref)
    return next((program.code for program in (*(each for each in ordered if each.default), *ordered)), None)
