"""Why a move is not made."""

from __future__ import annotations


class CannotMove(Exception):
    """Nothing was changed; the message says what to do."""
