"""The contract's own examples: definitions, documents in their order, and what must come of them, a JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def examples(name: str) -> list[dict[str, Any]]:
    """Each {name, why, definitions, documents, expect}."""
    text = Path(__file__).with_name(f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
