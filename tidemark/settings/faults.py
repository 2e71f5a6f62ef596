"""What is wrong with settings, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError

from tidemark.settings.settings import Settings

_PREFIX = "TIDEMARK_"
_NOT_FIELDS = ("settings_file",)


def wrong_settings(error: ValidationError) -> str:
    """Each setting with a wrong value, what it takes, and what it is for."""
    return "; ".join(_wrong(str(each["loc"][0]), each["type"], each["msg"]) for each in error.errors(include_url=False))


def unknown_settings(environment: Iterable[str]) -> list[str]:
    """A warning for each name in the environment that looks like a setting and is none: they are ignored."""
    names = [name.removeprefix(_PREFIX).lower() for name in environment if name.startswith(_PREFIX)]
    return [f"ignored: {_no_such(name)}" for name in names if name not in (*Settings.model_fields, *_NOT_FIELDS)]


def _wrong(name: str, kind: str, message: str) -> str:
    field = Settings.model_fields.get(name)
    if kind == "extra_forbidden" or field is None:
        return _no_such(name)
    return f"{_PREFIX}{name.upper()}: {message.removeprefix('Value error, ')} ({field.description})"


def _no_such(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1)
    hint = f": did you mean {_PREFIX}{near[0].upper()}?" if near else "; `tidemark settings` lists them"
    return f"there is no setting {_PREFIX}{name.upper()}{hint}"
