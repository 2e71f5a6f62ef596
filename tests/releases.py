"""What became of each grant's gifts, as `tidemark replay --releases` writes it, of the records of `gifts` and `releases` (spec 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Document = dict[str, Any]


def release_rows(grants: Iterable[Document], releases: Iterable[Document]) -> list[Document]:
    """By grant and place."""
    rows: dict[tuple[str, int], Document] = {}
    for grant in grants:
        for place, gift in enumerate(grant["gifts"], 1):
            row = {"grant_id": grant["grant_id"], "gift": place, "member_id": grant["member_id"], "released_at": None}
            row |= dict.fromkeys(("claimed_at", "valid_from", "valid_to"))
            if gift.get("release", "instant") == "instant" and gift.get("claim", "automatic") == "automatic":
                valid = (grant["valid"] or [None] * place)[place - 1] or {"from": None, "to": None}
                row |= {"released_at": grant["released_at"], "claimed_at": grant["released_at"]}
                row |= {"valid_from": valid["from"], "valid_to": valid["to"]}
            rows[grant["grant_id"], place] = row
    for release in releases:
        rows[release["grant_id"], release["gift"]] |= {
            name: release[name] for name in ("member_id", "released_at", "claimed_at", "valid_from", "valid_to")
        }
    return [rows[key] for key in sorted(rows)]
