"""The flow: every line in turn, through decode, validate, late, twice (spec 1.6), and into the sums."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .definitions import prepare
from .ladders import Ladders
from .memory import Memory, id_key
from .options import Options
from .orders import counts_for_program, give_back, given_in_scope, lines_amount, new_record, spent, spent_now
from .qualifying import contribution, counts_for, gifts_of, ordinals_reached
from .reading import Refused, check, decode
from .times import DAY_MS, midnight_after

Document = dict[str, Any]
BEFORE_ALL_TIMES_MS = -(10**15)


@dataclass
class Outcome:
    """What must have come out. Sums are signed, in minor units or pieces; one that is missing is 0."""

    grants: dict[str, Document] = field(default_factory=dict)  # by grant_id, each without it
    levels: dict[tuple[str, str], str | None] = field(default_factory=dict)  # (program, member)
    dead_letters: list[tuple[str, bytes]] = field(default_factory=list)  # (reason code, raw)
    spending: dict[tuple[str, str], int] = field(default_factory=dict)  # (program, member)
    progress: dict[tuple[str, str], int] = field(default_factory=dict)  # (activity, member)
    held: list[bytes] = field(default_factory=list)  # refunds that still wait for their order at the end
    clock_ms: int = BEFORE_ALL_TIMES_MS


def replay(lines: Iterable[bytes], definitions: list[Document], options: Options | None = None) -> Outcome:
    """Raw lines in the order in which they are applied, through all of the spec that issue 3 holds."""
    replayed = Replay(definitions, options or Options())
    for line in lines:
        if line.strip():
            replayed.take(line)
    return replayed.finish()


class Replay:
    def __init__(self, definitions: list[Document], options: Options) -> None:
        self.options = options
        self.definitions = prepare(definitions, options)
        self.outcome = Outcome()
        self.clock = BEFORE_ALL_TIMES_MS
        self.memory = Memory(options)
        self.ladders = Ladders(self.definitions, options)
        self.members: dict[str, dict[str, int | None]] = {}
        self.progress: Counter[tuple[str, str]] = Counter()
        self.reached: Counter[tuple[str, str]] = Counter()  # (activity, member): the highest ordinal so far
        self.records: dict[tuple[str, ...], Document] = {}  # by id_key of the order
        self.owners: dict[str, set[str]] = defaultdict(set)  # order id: members
        self.waiting: dict[tuple[str, ...], list[Document]] = defaultdict(list)  # by id_key of the order awaited
        self.due: list[tuple[int, int, Document]] = []
        self.arrivals = count()

    def take(self, raw: bytes) -> None:
        try:
            document = check(decode(raw, self.options), self.clock, self.options)
            if document["type"] == "member":
                self._member(document)
                return
            self._refuse_late(document)
            if document["member_id"] is None:
                if document["type"] == "refund" and document["order_id"] is not None:
                    raise Refused("no_member", "a refund must name the order's member")
                self._advance(document["time"])
                return
            verdict = self.memory.verdict(document)
            if verdict == "conflict":
                raise Refused("conflict", "other content came before")
            if verdict == "drop":
                return
            if document["type"] == "purchase":
                self._purchase(document)
            else:
                self._refund(document, raw)
        except Refused as refused:
            self.outcome.dead_letters.append((refused.reason, raw))

    def finish(self, *, at_once: bool = False) -> Outcome:
        """What came of the lines when time has passed until midnight; `at_once`: what came of them by now."""
        if self.clock != BEFORE_ALL_TIMES_MS and not at_once:
            default = self.definitions["programs"].get(self.definitions["default"], {"timezone": "UTC"})
            self._advance(midnight_after(self.clock, default["timezone"]))
        outcome = self.outcome
        for member_id, memberships in self.members.items():
            for code in memberships:
                if code in self.definitions["programs"]:
                    program = self.definitions["programs"][code]
                    outcome.levels[(code, member_id)] = self.ladders.level(program, member_id)
        outcome.spending = dict(self.ladders.spending)
        outcome.progress = dict(self.progress)
        outcome.held = [refund["raw"] for refunds in self.waiting.values() for refund in refunds]
        outcome.clock_ms = self.clock
        return outcome

    def _refuse_late(self, document: Document) -> None:
        if document.get("imported", False):
            return
        if document["received"] - document["at"] > self.options.late_days * DAY_MS:
            raise Refused("late", "placed longer than late_days before it was received")

    def _advance(self, now_ms: int) -> None:
        """Refunds whose order did not come within late_days go first, in the order in which they are due."""
        while self.due and self.due[0][0] < now_ms:
            _, _, refund = heapq.heappop(self.due)
            if refund["entry"]["due"] is not None:  # not applied yet
                self.waiting[refund["awaited"]].remove(refund)
                self.memory.forget(refund["entry"])
                self.outcome.dead_letters.append(("unknown_order", refund["raw"]))
        self.clock = max(self.clock, now_ms)

    def _memberships(self, member_id: str) -> dict[str, int | None]:
        default = self.definitions["default"]
        return self.members.get(member_id, {} if default is None else {default: None})

    def _member(self, document: Document) -> None:
        self._advance(document["time"])
        memberships = self._memberships(document["member_id"])
        listed = document["programs"]
        self.members[document["member_id"]] = memberships if listed is None else listed

    def _purchase(self, document: Document) -> None:
        member_id, memberships = document["member_id"], self._memberships(document["member_id"])
        counted = self._counted(document)
        self._refuse_too_many(counted, member_id)
        self._advance(document["time"])
        self.members[member_id] = memberships
        self.memory.remember(document, due=None)
        self.owners[document["order_id"]].add(member_id)

        record = new_record(document)
        record["activities"] = [activity for activity, _ in counted]
        self.records[id_key(document)] = record
        for activity, adds in counted:
            self.progress[(activity["code"], member_id)] += adds
            self._grant_what_is_owed(activity, document)
        for program in self.definitions["programs"].values():
            if counts_for_program(program, document, memberships):
                record["programs"].append(program["code"])
                self.ladders.spending[(program["code"], member_id)] += spent(document)
        self._judge_levels(document)
        for refund in self.waiting.pop(id_key(document), []):
            refund["entry"]["due"] = None
            self._apply_to_order(refund["document"], record)

    def _counted(self, document: Document) -> list[tuple[Document, int]]:
        """The activities that the document counts for, each with what it adds (spec 2.3: adding 0 is no part)."""
        memberships = self._memberships(document["member_id"])
        found = [
            (activity, contribution(activity, document["lines"]))
            for activity in self.definitions["spend"]
            if counts_for(activity, document, memberships)
        ]
        return [(activity, adds) for activity, adds in found if adds > 0]

    def _refuse_too_many(self, counted: list[tuple[Document, int]], member_id: str) -> None:
        for activity, adds in counted:
            where = (activity["code"], member_id)
            owed = ordinals_reached(activity, self.progress[where] + adds) - self.reached[where]
            if owed > self.options.grants_max:
                raise Refused("too_many_grants", f"{owed} of {activity['code']}")

    def _grant_what_is_owed(self, activity: Document, document: Document) -> None:
        where = (activity["code"], document["member_id"])
        reached = ordinals_reached(activity, self.progress[where])
        for ordinal in range(self.reached[where] + 1, reached + 1):
            self.outcome.grants[f"{where[0]}/{where[1]}/{ordinal}"] = {
                "activity": where[0],
                "member_id": where[1],
                "ordinal": ordinal,
                "level": None,
                "order_id": document["order_id"],
                "occurred_at": document["at_text"],
                "gifts": gifts_of(activity, ordinal),
            }
        self.reached[where] = max(self.reached[where], reached)

    def _judge_levels(self, document: Document) -> None:
        for code in self.members[document["member_id"]]:
            program = self.definitions["programs"].get(code)
            if program is None:
                continue
            for grant in self.ladders.judge(program, document["member_id"], document):
                # Once a member and level: the first stands.
                self.outcome.grants.setdefault(grant.pop("grant_id"), grant)

    def _refund(self, document: Document, raw: bytes) -> None:
        if document["order_id"] is None:
            self._advance(document["time"])
            self.memory.remember(document, due=None)
            self._subtract_on_its_own(document)
            return
        order = ("purchase", document["member_id"], "id", document["order_id"])
        entry = self.memory.entries.get(order)
        if entry is None:
            if self.options.wrong_member_at_once and self.owners.get(document["order_id"]):
                raise Refused("wrong_member", "the order is another member's")
            self._hold(document, order, raw)
            return
        if document["received"] - entry["came"] > self.options.refund_days * DAY_MS:
            raise Refused("unknown_order", "the order came longer than refund_days ago")
        self._advance(document["time"])
        self.memory.remember(document, due=None)
        self._apply_to_order(document, self.records[order])

    def _hold(self, document: Document, order: tuple[str, ...], raw: bytes) -> None:
        self._advance(document["time"])
        due = document["received"] + self.options.late_days * DAY_MS
        entry = self.memory.remember(document, due)
        refund = {"document": document, "raw": raw, "entry": entry, "awaited": order}
        self.waiting[order].append(refund)
        heapq.heappush(self.due, (due, next(self.arrivals), refund))

    def _apply_to_order(self, document: Document, record: Document) -> None:
        member_id = document["member_id"]
        before = spent_now(record)
        given = give_back(record, document)
        for activity in record["activities"]:
            self.progress[(activity["code"], member_id)] -= given_in_scope(activity, given)
        for code in record["programs"]:
            self.ladders.spending[(code, member_id)] += spent_now(record) - before
        self._judge_levels(document)

    def _subtract_on_its_own(self, document: Document) -> None:
        member_id = document["member_id"]
        memberships = self.members.setdefault(member_id, self._memberships(member_id))
        for activity, adds in self._counted(document):
            self.progress[(activity["code"], member_id)] -= adds
        for program in self.definitions["programs"].values():
            if counts_for_program(program, document, memberships):
                self.ladders.spending[(program["code"], member_id)] -= lines_amount(document)
        self._judge_levels(document)
