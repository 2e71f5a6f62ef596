"""How many examples a property is tried with: all, or fewer where the profile says that all is to be quick (`make quick`)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

# What a profile's number of examples is beside.
_ALL = 100


def settings_of_profiles() -> None:
    """Makes and loads them. What is derandomized has the same examples in every run, so that one that is red is red again."""
    # How long an example takes says how busy the machine is, and nothing else.
    settings.register_profile("untimed", deadline=None, derandomize=True, max_examples=_ALL)
    settings.register_profile("quick", settings.get_profile("untimed"), max_examples=15)
    settings.register_profile("explore", settings.get_profile("untimed"), derandomize=False)
    settings.load_profile("untimed")


def examples(number: int, **more: Any) -> settings:
    """Beside `@given`: a property that needs another number of them than the profile has. `more`: as hypothesis' settings take it."""
    return settings(max_examples=some_of(number), **more)


def some_of(number: int) -> int:
    """`number` where all are tried, and a part of them, one or more, where all is to be quick."""
    return max(1, number * settings.get_profile(settings.get_current_profile_name()).max_examples // _ALL)


def seeds(number: int, quick: int) -> list[Any]:
    """The seeds from 0 on, as values of a parameter: so many in all, the first of them where all is to be quick."""
    return [*range(quick), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(quick, number))]
