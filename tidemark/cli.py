"""The command line (spec 6)."""

from __future__ import annotations

import sys
from typing import NoReturn

from cyclopts import App
from pydantic import ValidationError

from broker.connection import BrokerUnavailable
from tidemark.commands.aggregate import aggregate
from tidemark.commands.check import check
from tidemark.commands.publish import publish
from tidemark.commands.replay import replay
from tidemark.commands.settings import settings
from tidemark.commands.topics import topics

app = App(
    name="tidemark",
    help="A real-time rewards engine: orders in, gifts out. Settings come from the environment; `tidemark settings` lists them.",
)
for command in (topics, check, publish, aggregate, replay, settings):
    app.command(command)


def main() -> NoReturn:
    """The entry point: what a user can mend is one line on standard error and exit 1, without a traceback."""
    try:
        sys.exit(app() or 0)
    except BrokerUnavailable as error:
        sys.exit(f"tidemark: {error}")
    except ValidationError as error:
        wrong = "; ".join(f"TIDEMARK_{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        sys.exit(f"tidemark: {wrong}. `tidemark settings --help` says what each takes")
    except FileNotFoundError as error:
        sys.exit(f"tidemark: {error}")
