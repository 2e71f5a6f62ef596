"""Random lives of one member under a program that is changed, switched off and on, against a model that does each thing in turn.

Orders, imported ones too, and refunds of them; levels by all that counted; an activity for every level, with regain or without.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from tests.folding import Folding
from tests.oracle.examples import order, program, refund, upgrade
from tests.rules.rulebook.saved import rulebook, version
from tests.thorough import examples

FIRST_MS = 1_704_067_200_000  # 1 January 2024
HOUR_MS = 3_600_000
HOURS = 20


def at(hour: int) -> str:
    return f"2024-01-01T{hour:02}:00:00+00:00"


class Version(NamedTuple):
    """Saved half an hour after an hour; the first holds from ever. `disabled`: of the three levels, which is."""

    hour: int
    on: bool
    thresholds: tuple[int, int, int]
    disabled: int | None

    def document(self) -> dict[str, Any]:
        found = program(*self.thresholds, standard={"mode": "total", "window": "history", "include_imported": True})
        if self.disabled is not None:
            found["levels"][self.disabled]["enabled"] = False
        return found | {"enabled": self.on}

    def saved_ms(self) -> int:
        return FIRST_MS + self.hour * HOUR_MS + HOUR_MS // 2

    def reached(self, spent: int) -> str | None:
        names = ("one", "two", "three")
        found = [names[n] for n in range(3) if n != self.disabled and self.thresholds[n] <= max(0, spent)]
        return found[-1] if found else None


class Step(NamedTuple):
    """A document of an hour: an order, or a refund of the order that came `of` orders before."""

    hour: int
    kind: str
    amount: int
    of: int


THRESHOLDS = st.lists(st.integers(1, 60), min_size=3, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
VERSIONS = st.builds(Version, st.integers(0, HOURS - 1), st.booleans(), THRESHOLDS, st.one_of(st.none(), st.integers(0, 2)))
STEPS = st.builds(
    Step, st.integers(0, HOURS - 1), st.sampled_from(["order", "imported", "refund"]), st.integers(1, 40), st.integers(1, 3)
)


class Model:
    """What must come of it, one thing after the other."""

    def __init__(self, regain: bool, until_hour: int) -> None:
        self.changes: list[tuple[str | None, str | None, str]] = []
        self.grants: list[str] = []
        self.level: str | None = None
        self._regain = regain
        self._until_ms = FIRST_MS + until_hour * HOUR_MS
        self._gains: dict[str, int] = {}
        self._fired: set[str] = set()

    def judge(self, version: Version, spent: int, why: str, at_ms: int, *, imported: bool = False) -> None:
        if not version.on:
            return
        before, self.level = self.level, version.reached(spent)
        if before == self.level:
            return
        self.changes.append((before, self.level, why))
        names = (None, "one", "two", "three")
        for name in names[names.index(before) + 1 : names.index(self.level) + 1]:
            assert name is not None
            if version.disabled is not None and name == names[version.disabled + 1]:
                continue
            self._gains[name] = self._gains.get(name, 0) + 1
            if at_ms >= self._until_ms or (not self._regain and name in self._fired):
                continue
            self._fired.add(name)
            if not imported:
                self.grants.append(f"up/ann/classic/{name}" + (f"/{self._gains[name]}" if self._regain else ""))


@examples(300)
@given(VERSIONS, st.lists(VERSIONS, max_size=4), st.lists(STEPS, min_size=1, max_size=12), st.booleans(), st.integers(1, HOURS))
def test_it_is_as_if_each_thing_were_done_in_its_turn(
    first: Version, later: list[Version], steps: list[Step], regain: bool, until_hour: int
) -> None:
    versions = [first, *sorted(later, key=lambda each: each.hour)]
    steps = sorted(steps, key=lambda each: each.hour)
    folding = Folding([])
    ends_at = f"2024-01-01T{until_hour - 1:02}:59:59+00:00"
    folding.rulebook = rulebook(
        *(version(each.document(), number, each.saved_ms() if number > 1 else 0) for number, each in enumerate(versions, 1)),
        version(upgrade("classic/*", regain=regain, ends_at=ends_at)),
    )
    model = Model(regain, until_hour)
    # Of several that are saved at once only the last ever holds.
    waiting = list({each.hour: each for each in versions[1:]}.values())
    in_force, registered, spent = first, False, 0
    left: list[int] = []
    for number, step in enumerate(steps):
        now_ms = FIRST_MS + step.hour * HOUR_MS
        while waiting and waiting[0].saved_ms() + LATER_VERSION_DELAY_MS <= now_ms:
            in_force = waiting.pop(0)
            if registered:
                model.judge(in_force, spent, "rule", in_force.saved_ms() + LATER_VERSION_DELAY_MS)
        if step.kind == "refund":
            if len(left) < step.of:
                continue
            taken = min(step.amount, left[-step.of])
            left[-step.of] -= taken
            spent -= taken
            document = refund(f"r{number}", f"o{len(left) - step.of}", at(step.hour), ("x", 1, step.amount))
            model.judge(in_force, spent, "refund", now_ms)
        else:
            imported = step.kind == "imported"
            document = order(f"o{len(left)}", at(step.hour), ("x", 1, step.amount), imported=imported)
            left.append(step.amount)
            spent += step.amount
            registered = True
            model.judge(in_force, spent, "order", now_ms, imported=imported)
        folding.take(document, now_ms=now_ms)
    for each in waiting:
        if registered:
            model.judge(each, spent, "rule", each.saved_ms() + LATER_VERSION_DELAY_MS)
    folding.turn()
    folding.tables[0].clock.reach(FIRST_MS + 2 * HOURS * HOUR_MS)
    folding.recalculate()
    assert folding.reasons() == []
    # That a program is off, or on again, is told too.
    changes = [(change["before"], change["level"], change["why"]) for change in folding.level_changes()]
    assert [change for change in changes if change[0] != change[1]] == model.changes
    assert [grant["grant_id"] for grant in folding.grants()] == model.grants
