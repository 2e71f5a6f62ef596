"""The demo's year, played in this process and by the second implementations: what must come of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.oracle import campaigns, terms
from tidemark import sample
from tidemark.definitions.files import load_definitions
from tidemark.replay.in_process import replay_in_process
from tidemark.replay.outcome import Outcome
from tidemark.settings.settings import Settings

Document = dict[str, Any]
Rows = dict[str, list[Document]]
OUTPUTS = ("levels", "changes", "releases", "refused", "performance")
# Told apart by whom the second implementations play it for: they are simple, and slow.
_ONE_IN = 10


def definitions() -> list[Document]:
    return [each.document for each in load_definitions(sample.definitions_dir()).documents]


def played() -> tuple[Rows, Counter[str]]:
    """What a replay writes of the year, by the names of its options, and who did what. Nobody claims anything."""
    taken = Counter[str]()
    return rows_of(sample.year(taken)), taken


def rows_of(lines: Iterator[bytes]) -> Rows:
    """What a replay writes of some documents, by the names of its options."""
    outcome = Outcome(OUTPUTS)
    replay_in_process(Settings(), definitions(), lines, outcome, lambda _, __: None)
    return {name: [json.loads(row) for row in output.rows()] for name, output in outcome.outputs.items()}


def is_looked_at(member_id: str) -> bool:
    """Whether the second implementations play this member's year."""
    return int(member_id) % _ONE_IN == 0


def _lives() -> Iterator[list[Document]]:
    """The documents of each of these members, with the changes among them, and the year's last moment, in the canonical shape."""
    lives: dict[str, list[Document]] = {}
    changes: list[Document] = []
    last: Document = {}
    for raw in sample.year():
        document = json.loads(raw)
        if document["type"] == "change":
            changes.append(document)
            for life in lives.values():
                life.append(document)
            continue
        last = document
        if document["member_id"] is not None and is_looked_at(document["member_id"]):
            lives.setdefault(document["member_id"], list(changes)).extend(_canonical(document))
    end = {"type": "purchase", "order_id": "end", "channel": "pos", "store_id": "shop-leeds", "currency": "GBP"}
    end |= {"member_id": None, "placed_at": last["received_at"], "received_at": last["received_at"]}
    for life in lives.values():
        yield [*life, end | {"lines": [{"sku": "x", "quantity": 1, "amount": 1}]}]


def _canonical(document: Document) -> Iterator[Document]:
    """What is weighed is a piece; what is given back in the same sale is a refund of its own, right after it (spec 1.1)."""
    if document["type"] != "purchase":
        yield document
        return
    lines = [line | {"quantity": 1} if line["quantity"] == "0.350" else line for line in document["lines"]]
    yield document | {"lines": [line for line in lines if line["quantity"] > 0]}
    back = [
        {"sku": line["sku"], "quantity": -line["quantity"], "amount": -line["amount"]} for line in lines if line["quantity"] < 0
    ]
    if back:
        same = {name: document[name] for name in ("channel", "store_id", "member_id", "currency", "received_at")}
        ids = {
            "type": "refund",
            "refund_id": f"back-{document['order_id']}",
            "order_id": None,
            "refunded_at": document["placed_at"],
        }
        yield ids | same | {"lines": back}


def owed_by_the_oracle() -> dict[str, Document]:
    """By grant_id, what activities owe these members: limits left aside, and levels other than by history."""
    known = [each for each in definitions() if each["code"] not in ("club", "club-party")]
    unlimited = [{name: value for name, value in each.items() if name != "limits"} for each in known]
    owed: dict[str, Document] = {}
    for life in _lives():
        documents = [document for document in life if document["type"] != "payment"]
        of_member = campaigns.play(documents, unlimited)
        assert of_member.dead_letters == []
        for grant in of_member.grants.values():
            owed[grant.grant_id] = {"version": grant.version, "occurred_at": grant.occurred, "order_id": grant.order_id}
    return owed


def levels_by_the_oracle() -> tuple[list[Document], list[Document], list[Document], int]:
    """Levels, changes and grants of upgrades of these members, in both programs; how many payments were of a wrong amount."""
    rules = [each for each in definitions() if each["kind"] == "program" or each.get("type") == "tier_upgrade"]
    found: tuple[list[Document], list[Document], list[Document]] = ([], [], [])
    wrong = 0
    for life in _lives():
        of_member = terms.play([document for document in life if document["type"] != "change"], rules)
        wrong += len(of_member.dead_letters)
        for all_of_them, own in zip(found, (of_member.levels, of_member.changes, of_member.grants), strict=True):
            all_of_them += own
    return *found, wrong
