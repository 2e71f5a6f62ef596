"""Lives with what tills write beside a plain sale, organizations that change, and drafts that become activities of another type."""

from __future__ import annotations

import json
import random
from typing import Any

from .life import Campaign
from .values import SKUS, STORES

Document = dict[str, Any]


def wide_campaign(seed: int, lines: int = 60, members: int = 4, *, finer: bool = False) -> tuple[list[Document], list[Document]]:
    """As `campaign`."""
    return _Wide(random.Random(f"wide campaign {seed}"), members, finer=finer).lived(lines)


class _Wide(Campaign):
    def _purchase(self) -> Document:
        """Weighed goods, some given back in the same sale, and a discount of the basket (spec 1.1)."""
        rng, order = self.rng, super()._purchase()
        lines = order["lines"]
        if rng.random() < 0.2:
            lines.append(
                {"sku": rng.choice(SKUS), "quantity": rng.choice([0.35, "1.250", "2.000"]), "amount": rng.choice([0, 7, 250])}
            )
        if rng.random() < 0.15:
            lines.append({"sku": rng.choice(SKUS), "quantity": -rng.choice([1, 2, 0.5]), "amount": -rng.choice([1, 40, 100])})
        if rng.random() < 0.1:
            lines.append({"sku": rng.choice([*SKUS, "off"]), "quantity": rng.choice([0, 1]), "amount": -rng.choice([1, 10, 5_000])})
        if len(lines) > 1 and rng.random() < 0.3:
            rng.shuffle(lines)
        del order["total"]
        worth = sum(line["amount"] for line in lines)
        if "payments" in order:
            order["payments"] = [payment | {"amount": worth // 2} for payment in order["payments"] if worth > 0]
        return order

    def _refund(self) -> Document | None:
        refund = super()._refund()
        if refund is not None:
            refund["lines"] = [_positive(line) for line in refund["lines"]]
        return refund

    def _change(self) -> Document | None:
        rng = self.rng
        chance = rng.random()
        if chance < 0.1:
            stores = rng.sample(STORES, rng.randint(0, 2))
            return self._saved({"kind": "organization", "code": "north", "name": "N", "stores": stores})
        if chance < 0.2:
            return self._saved(self._drafted(f"n{rng.randint(1, 3)}"))
        return super()._change()

    def _drafted(self, code: str) -> Document:
        """Of any type, while it is a draft; then of that of which it was launched."""
        document = self.activities.of_any_type(code)
        document.pop("draft", None)
        if self.rng.random() < 0.6:
            document["draft"] = True
        before = self.newest.get(code)
        if before is None or before.get("draft") or before["type"] == document["type"]:
            self.newest[code] = document
        return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def _positive(line: Document) -> Document:
    quantity = abs(float(line["quantity"]))
    return line | {"quantity": int(quantity) if quantity == int(quantity) else quantity, "amount": abs(line["amount"])}
