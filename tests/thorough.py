"""How much of what is tried at random is tried: all (`make thorough`), some (`make test`), or little (`make quick`)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

# What a profile's number of examples is beside.
_ALL = 100
_SOME = 33
_LITTLE = 15


def settings_of_profiles() -> None:
    """Makes and loads them. What is derandomized has the same examples in every run, so that one that is red is red again."""
    # How long an example takes says how busy the machine is, and nothing else.
    settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=_ALL)
    settings.register_profile("some", settings.get_profile("thorough"), max_examples=_SOME)
    settings.register_profile("quick", settings.get_profile("thorough"), max_examples=_LITTLE)
    settings.register_profile("explore", settings.get_profile("thorough"), derandomize=False)
    settings.load_profile("some")


def examples(number: int, **more: Any) -> settings:
    """Beside `@given`: a property that needs another number of them than the profile has. `more`: as hypothesis' settings take it."""
    return settings(max_examples=some_of(number), **more)


def some_of(number: int) -> int:
    """`number` where all are tried, else a part of them, one or more. A test that asks for it by itself is marked `thorough`."""
    return max(1, number * settings.get_profile(settings.get_current_profile_name()).max_examples // _ALL)


def seeds(number: int, quick: int) -> list[Any]:
    """The seeds from 0 on, as values of a parameter: so many in all, or some of them; the first are quick, the others slow."""
    marks = [pytest.mark.thorough, pytest.mark.slow]
    return [pytest.param(seed, marks=marks[: 1 + (seed >= quick)]) for seed in range(max(quick, some_of(number)))]


def where_all_is_tried(*values: Any) -> list[Any]:
    """Values of a parameter that are none of `make test`'s."""
    return list(values) if some_of(_ALL) == _ALL else []


class Thorough:
    """A pytest plugin: what hypothesis makes examples for is marked `thorough`, for `make thorough` tries more of it."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker("thorough")
