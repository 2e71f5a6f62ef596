"""The command line (spec 6). A command is imported when it is called: `tidemark check` need not wait for what a worker runs on."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

# Imports make many objects and no cycles: looking at them every 700 is a tenth of what a short command costs.
gc.set_threshold(50_000)

from cyclopts import App  # noqa: E402

from tidemark.compiled_copy import import_from_copy  # noqa: E402
from tidemark.terminal import complain, give_up, show_exception  # noqa: E402

# Each with what `tidemark --help` says of it: its own help says more, and is in its module.
COMMANDS = {
    "topics": "Create the topics that are missing; say what is not as it must be.",
    "check": "Check every definition in a folder.",
    "publish": "Check the definitions in a folder, and put them on their topic.",
    "activity": "Activities: list, show, save, pause, resume, archive, history.",
    "aggregate": "Run a worker that takes orders and makes grants.",
    "deliver": "Run a worker that delivers what members are given into a sink.",
    "figures": "Run a worker that adds up the live figures.",
    "replay": "Play documents through the real rules, and write what comes of them.",
    "members": "Find members.",
    "wallet": "Show a member's wallet.",
    "claim": "Claim a gift for a member.",
    "grants": "List a member's grants.",
    "explain": "Explain a grant, or what an order counted for.",
    "segment": "Segments of the members: count.",
    "levels": "Levels: preview, count, schedules of changed rules.",
    "suggest": "Suggest a ladder of levels from what members spend.",
    "test-send": "Send the gifts of an activity to members, to try them.",
    "announce": "Tell the members of a program its rules and benefits.",
    "quote": "Say which benefits are best used with a cart.",
    "pin": "Print the line of somebody who may choose otherwise at a till.",
    "demo": "Play a year of orders through everything, embedded.",
    "settings": "List every setting, with its value and what it is for.",
    "dead-letters": "Documents that could not be taken: list, show, send again.",
    "handover": "Write down how far the workers are, to move to another cluster.",
    "adopt": "Take over, on another cluster, what `tidemark handover` wrote.",
}


def app_of(words: Sequence[str]) -> App:
    """The command line, for these words of it."""
    app = App(
        name="tidemark",
        help="A real-time rewards engine: orders in, gifts out. Settings come from the environment; `tidemark settings` lists them.",
    )
    listed = not words or words[0].startswith("-")
    for name, says in COMMANDS.items():
        attribute = name.replace("-", "_")
        path = f"tidemark.commands.{attribute}:{attribute}"
        if listed:
            app.command(path, name=name, help=says)
        else:
            app.command(path, name=name)
    return app


def main() -> NoReturn:
    """The entry point: what a user can mend is one line on standard error and exit 1, without a traceback."""
    # Its complaints about connections come to us as errors, and are said once.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    sys.excepthook = show_exception
    words = sys.argv[1:]
    try:
        if words[:1] == ["replay"]:
            import_from_copy()
        _warn_of_unknown_settings()
        sys.exit(app_of(words)(words) or 0)
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
