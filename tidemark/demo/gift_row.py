"""Gifts as rows to read: what one order earned several times from one activity is one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tidemark.demo.words import Words


@dataclass
class GiftRow:
    """Grants of one activity to one member for one order, with the same gifts, one after another."""

    grant: Mapping[str, Any]
    """The first of them."""
    grants: int = 1

    def joined(self, grant: Mapping[str, Any]) -> bool:
        """Takes the grant into this row if it belongs there, and says whether it did."""
        same = all(grant[name] == self.grant[name] for name in ("activity", "member_id", "order_id", "gifts"))
        # Each level passed is an upgrade of its own.
        if same and grant["ordinal"] is not None:
            self.grants += 1
            return True
        return False

    @property
    def points_only(self) -> bool:
        return all(gift["kind"] == "points" for gift in self.grant["gifts"])

    def what(self, words: Words) -> str:
        """17 × Free coffee (£54.40), or 500 points + Tea for two (£8.50)."""
        return " + ".join(words.gift(gift, self.grants) for gift in self.grant["gifts"])

    def why(self, words: Words) -> str:
        """The activity's name, and which of its grants to this member: #2, or #4-20; then what its gifts wait for."""
        return ", ".join([self._which(words), *self._waits()])

    def _which(self, words: Words) -> str:
        name = words.reason(self.grant)
        first = self.grant["ordinal"]
        if self.grants > 1:
            return f"{name} #{first:,}-{first + self.grants - 1:,}"
        return f"{name} #{first:,}" if first is not None and first > 1 else name

    def _waits(self) -> Iterator[str]:
        gifts = self.grant["gifts"]
        if any(gift.get("release") == "daily" for gift in gifts):
            yield "tonight"
        if any(gift.get("claim") == "member" for gift in gifts):
            yield "to claim"
