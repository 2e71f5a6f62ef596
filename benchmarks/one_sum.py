"""The peers' job: one sum a member and one threshold. What they must give out is known from the load alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from benchmarks.load import Document
from benchmarks.topics import Identity

# A gift for every 150.00 spent: a good fifth as many gifts as orders. In pence; both peers are told it.
THRESHOLD = 15_000


def expected_gifts(documents: Iterable[Document]) -> set[Identity]:
    """The gifts that a peer must publish: it adds each document's total, duplicates and refunds likewise."""
    spent: Counter[str] = Counter()
    for document in documents:
        spent[document.member_id] += document.total
    return {("", member_id, ordinal + 1) for member_id, total in spent.items() for ordinal in range(total // THRESHOLD)}
