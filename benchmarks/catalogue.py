"""The shops, articles and members that the load is drawn from: fixed lists, so that definitions can name them."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from random import Random

STORES = tuple(f"s-{number:03}" for number in range(1, 201))
SKUS = tuple(f"p{number:05}" for number in range(2_000))
# Unit prices in pence, from 0.50 to 25.00.
PRICES = tuple(50 + (number * 7_919) % 2_451 for number in range(len(SKUS)))

# Zipf-Mandelbrot: weight 1 / (rank + OFFSET) ** EXPONENT. Without the offset one member would make 1 order in 50.
OFFSET = 20
EXPONENT = 0.9


class Members:
    """Member ids drawn with a Zipf-like skew: of 100,000, the busiest 1,000 make a good third of the orders."""

    def __init__(self, count: int, random: Random) -> None:
        self._random = random.random
        self._ids = [f"m{number:06}" for number in range(count)]
        self._cumulative = list(accumulate(1 / (rank + OFFSET) ** EXPONENT for rank in range(count)))
        random.shuffle(self._ids)

    def draw(self) -> str:
        """A member id."""
        return self._ids[bisect_left(self._cumulative, self._random() * self._cumulative[-1])]
