"""A picture of the demo for the README: python -m devtools.demo_picture docs/demo.svg

It is the frame at two fifths of a real run.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

from rich.console import Console

from tidemark import sample
from tidemark.commands.demo import play
from tidemark.definitions.files import load_definitions
from tidemark.demo.live_screen import LiveScreen
from tidemark.demo.words import Words

WIDTH, HEIGHT = 120, 33
TAKEN_AT = 2 / 5
# A picture in a page loads nothing: fonts are those of whoever looks.
_FROM_ELSEWHERE = re.compile(r"\s*@font-face \{.*?\}\n|<!-- .*? -->", re.DOTALL)


class Camera(LiveScreen):
    """A live screen that draws once, at its moment, instead of some times a second."""

    picture: str | None = None

    def __enter__(self) -> Self:
        return self

    def progress(self, orders_done: int, orders_total: int, grants: int, orders_per_second: float) -> None:
        super().progress(orders_done, orders_total, grants, orders_per_second)
        # Of the machine on which it was taken; docs/performance.md has such figures.
        self.orders_per_second = None
        if self.picture is None and orders_done >= TAKEN_AT * orders_total:
            self.console.print(self.frame())
            self.picture = _FROM_ELSEWHERE.sub("", self.console.export_svg(title="tidemark demo"))


def picture(play: Callable[[Camera], object]) -> str:
    """The SVG of a run. Raises ValueError when the run ended before the moment for the picture."""
    console = Console(record=True, force_terminal=True, width=WIDTH, height=HEIGHT, file=io.StringIO())
    definitions = load_definitions(sample.definitions_dir()).documents
    camera = Camera(Words(each.document for each in definitions), console)
    play(camera)
    if camera.picture is None:
        raise ValueError("no picture: the run reported no progress beyond two fifths of the orders")
    return camera.picture


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(play), "utf-8")
