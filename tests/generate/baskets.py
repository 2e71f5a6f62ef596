"""The lines of an order: goods, weighed ones, some given back, and a discount of them all (spec 1.1)."""

from __future__ import annotations

import random
from typing import Any

from .world import SKUS, WEIGHED

Document = dict[str, Any]


def basket(rng: random.Random) -> list[Document]:
    kind = rng.random()
    lines = [_given_back(rng)] if kind < 0.015 else [_piece_goods(rng) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.1:
        lines += [_weighed(rng, sku) for sku in rng.sample(WEIGHED, rng.randint(1, 2))]
    if rng.random() < 0.06:
        lines += [_given_back(rng) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.05:
        lines.append(_discount(rng, sum(line["amount"] for line in lines if line["amount"] > 0)))
    if rng.random() < 0.3:
        rng.shuffle(lines)
    return lines


def is_goods(line: Document) -> bool:
    """Sold, and neither a discount nor given back."""
    return bool(line["quantity"] > 0 and line["amount"] >= 0)


def _piece_goods(rng: random.Random) -> Document:
    quantity = rng.choices([1, 2, 3, 6, 12], [50, 25, 12, 8, 5])[0]
    price = 0 if rng.random() < 0.07 else rng.randrange(50, 1500)
    # Few goods are bought most, so that one order often has two lines of one sku.
    sku = SKUS[min(int(rng.expovariate(0.1)), len(SKUS) - 1)]
    return {"sku": sku, "quantity": quantity, "amount": quantity * price}


def _weighed(rng: random.Random, sku: str) -> Document:
    grams = rng.choice([1, 350, 999, rng.randrange(1, 20) * 1000 + rng.randrange(1, 1000)])
    return {"sku": sku, "quantity": grams / 1000, "amount": rng.choice([0, rng.randrange(1, 3_000)])}


def _given_back(rng: random.Random) -> Document:
    line = _weighed(rng, rng.choice(WEIGHED)) if rng.random() < 0.1 else _piece_goods(rng)
    return line | {"quantity": -line["quantity"], "amount": -line["amount"]}


def _discount(rng: random.Random, worth: int) -> Document:
    """Mostly of a part of the goods, sometimes of all of it or more."""
    amount = rng.choice([1, 2, 101, worth // 3, worth - 1, worth, worth + 50])
    sku = rng.choice(["basket-deal", *SKUS[:3]])
    return {"sku": sku, "quantity": rng.choice([0, 1]), "amount": -max(1, amount)}
