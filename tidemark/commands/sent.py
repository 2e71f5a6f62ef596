"""What commands that send a member's document say after it."""

from __future__ import annotations

import sys

from tidemark.terminal import say


def say_where_to_look() -> None:
    """On standard error: on standard output stands what was sent."""
    say("what comes of it: `tidemark grants --member ID`; where it is refused, `tidemark dead-letters list`", sys.stderr)
