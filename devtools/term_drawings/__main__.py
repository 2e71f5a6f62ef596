"""Draws the lives of docs/levels.md: python -m devtools.term_drawings docs"""

from __future__ import annotations

import sys
from pathlib import Path

from devtools.term_drawings.drawing import drawing
from devtools.term_drawings.lives import LIVES

if __name__ == "__main__":
    for life in LIVES:
        (Path(sys.argv[1]) / f"levels-{life.name}.svg").write_text(drawing(life), "utf-8")
