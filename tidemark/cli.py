"""The command line (spec 6)."""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

from cyclopts import App
from pydantic import ValidationError

from broker.client.connection import BrokerUnavailable
from sinks.wallet.wallet import WalletUnavailable
from tidemark.commands.aggregate import aggregate
from tidemark.commands.check import check
from tidemark.commands.dead_letters import dead_letters
from tidemark.commands.deliver import deliver
from tidemark.commands.demo import demo
from tidemark.commands.publish import publish
from tidemark.commands.replay import replay
from tidemark.commands.settings import settings
from tidemark.commands.topics import topics
from tidemark.commands.wallet import wallet
from tidemark.settings.faults import unknown_settings, wrong_settings
from tidemark.settings.settings import UnreadableSettings
from tidemark.workers.health import PortTaken

app = App(
    name="tidemark",
    help="A real-time rewards engine: orders in, gifts out. Settings come from the environment; `tidemark settings` lists them.",
)
for command in (topics, check, publish, aggregate, deliver, replay, wallet, demo, settings):
    app.command(command)
app.command(dead_letters)


def main() -> NoReturn:
    """The entry point: what a user can mend is one line on standard error and exit 1, without a traceback."""
    # Its complaints about connections come to us as errors, and are said once.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    for warning in unknown_settings(os.environ):
        print(f"tidemark: {warning}", file=sys.stderr)
    try:
        sys.exit(app() or 0)
    except (BrokerUnavailable, UnreadableSettings, WalletUnavailable, PortTaken) as error:
        sys.exit(f"tidemark: {error}")
    except ValidationError as error:
        sys.exit(f"tidemark: {wrong_settings(error)}")
    except BrokenPipeError:
        # Whoever read what we print has closed it; what is left of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(f"tidemark: {error}")
