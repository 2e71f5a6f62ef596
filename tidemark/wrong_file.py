"""A file that does not hold what a command was to read from it."""

from __future__ import annotations


class WrongFile(Exception):
    """The lines say what is wrong."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
