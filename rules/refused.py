"""A document that cannot be taken: it goes to the dead letters, and nothing of it is kept (spec 1.6)."""

from __future__ import annotations


class Refused(Exception):
    """`reason`: a code of the dead letters. `problem`: what was expected and what came; `field`: of which field, as a JSON Pointer (RFC
    6901) in the canonical shape, where it is one.
    """

    def __init__(self, reason: str, problem: str, field: str | None = None) -> None:
        super().__init__(problem if field is None else f"{field}: {problem}")
        self.reason = reason
        self.problem = problem
        self.field = field
