"""A document that cannot be taken: it goes to the dead letters, and nothing of it is kept (spec 1.6)."""

from __future__ import annotations


class Refused(Exception):
    """`reason`: a code of the dead letters; the message says what was expected and what came."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
