"""`tidemark pin NAME`."""

from __future__ import annotations

import getpass
import sys

from tidemark.quoting.pins import PinsUnreadable, pin_line
from tidemark.terminal import give_up, say


def pin(name: str, /) -> None:
    """Print the line of TIDEMARK_PINS_FILE for somebody who may choose otherwise at a till.

    The PIN is asked for on the terminal, or read from standard input; only its Argon2id hash is printed.

    Parameters
    ----------
    name
        Who it is for, as `tidemark quote --by` will name him.
    """
    given = getpass.getpass(f"PIN of {name}: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    try:
        say(pin_line(name, given))
    except PinsUnreadable as error:
        give_up(error)
