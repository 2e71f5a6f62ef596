"""When the files of a replay have ended (spec 6)."""

from __future__ import annotations

from rules.clock import Clock
from rules.rulebook.rulebook import Rulebook
from rules.times import midnight_after


def end_of_files_ms(clock: Clock, rulebook: Rulebook) -> int:
    """The midnight that ends the day of the last document (epoch ms), in the default program's zone."""
    default = rulebook.default_program(clock.now_ms)
    program = None if default is None else rulebook.program(default, clock.now_ms)
    return midnight_after(clock.now_ms, "UTC" if program is None else program.timezone)
