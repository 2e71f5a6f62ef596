"""A thousand activities of which the ten of benchmarks/definitions match; the others are for other shops, articles and days."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from benchmarks.places import DEFINITIONS

ALL = 1_000
OWN = 10


def write_thousand(folder: Path) -> Path:
    """Writes the folder anew, and returns it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DEFINITIONS, folder)
    (folder / "others.json").write_text(json.dumps([_other(number) for number in range(ALL - OWN)], indent=1))
    return folder


def _other(number: int) -> dict[str, object]:
    kinds = (_other_stores, _other_skus, _other_way, _other_days)
    mode = "once" if number % 8 < 4 else "every"
    own = kinds[number % 4](number)
    items = "designated" if "item_scope" in own else "any"
    return {
        "kind": "activity",
        "type": "cumulative_spend",
        "code": f"other-{number:03}",
        "name": f"Another {number}",
        "condition": {"items": items, "mode": mode, "measure": "amount", "threshold": 5_000 + number},
        "gifts": [{"kind": "points", "points": 10}],
        **own,
    }


def _other_stores(number: int) -> dict[str, object]:
    return {"stores": {"stores": [f"x-{number:03}", f"x-{number + 1:03}"]}}


def _other_skus(number: int) -> dict[str, object]:
    return {"item_scope": {"include": [f"q{number:03}-{each}" for each in range(20)]}}


def _other_way(number: int) -> dict[str, object]:
    """Delivered by a till, which no order of the load is."""
    return {"channels": ["pos"], "service_types": ["delivery"]}


def _other_days(number: int) -> dict[str, object]:
    return {"starts_at": f"{2001 + number % 10}-01-01T00:00:00+00:00", "ends_at": f"{2012 + number % 4}-12-31T23:59:59+00:00"}
