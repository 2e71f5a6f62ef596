"""The command line (spec 6). A command is imported when it is called: `tidemark check` need not wait for what a worker runs on."""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import NoReturn

# Imports make many objects and no cycles: looking at them every 700 is a tenth of what a short command costs.
gc.set_threshold(50_000)

from cyclopts import App  # noqa: E402

from tidemark.terminal import complain, give_up, show_exception  # noqa: E402

app = App(
    name="tidemark",
    help="A real-time rewards engine: orders in, gifts out. Settings come from the environment; `tidemark settings` lists them.",
)
for name in (
    "topics",
    "check",
    "publish",
    "activity",
    "aggregate",
    "deliver",
    "figures",
    "replay",
    "members",
    "wallet",
    "claim",
    "grants",
    "explain",
    "segment",
    "levels",
    "suggest",
    "test-send",
    "announce",
    "quote",
    "pin",
    "demo",
    "settings",
    "dead-letters",
    "handover",
    "adopt",
):
    attribute = name.replace("-", "_")
    app.command(f"tidemark.commands.{attribute}:{attribute}", name=name)


def main() -> NoReturn:
    """The entry point: what a user can mend is one line on standard error and exit 1, without a traceback."""
    # Its complaints about connections come to us as errors, and are said once.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    sys.excepthook = show_exception
    try:
        _warn_of_unknown_settings()
        sys.exit(app(sys.argv[1:]) or 0)
    except BrokenPipeError:
        # Whoever read what we print has closed it; what is left of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from tidemark.mendable import mendable

        said = mendable(error)
        if said is None:
            raise
        give_up(said)


def _warn_of_unknown_settings() -> None:
    if any(name.startswith("TIDEMARK_") for name in os.environ):
        from tidemark.settings.faults import unknown_settings

        for warning in unknown_settings(os.environ):
            complain(warning)
