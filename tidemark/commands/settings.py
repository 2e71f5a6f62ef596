"""`tidemark settings`."""

from __future__ import annotations

from sinks.urls import without_secrets
from tidemark.settings.settings import Settings
from tidemark.terminal import say


def settings() -> None:
    """List every setting: its name in the environment, its value now, its default and what it is for."""
    now = Settings()
    for name, field in Settings.model_fields.items():
        value = getattr(now, name)
        default = "" if value == field.default else f" (default {_written(field.default)})"
        say(f"TIDEMARK_{name.upper()}={_written(value)}{default}  # {field.description}")


def _written(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else "" if value is None else without_secrets(str(value))
