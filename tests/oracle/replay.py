"""The flow: every line in turn, through decode, validate, late, twice (spec 1.6), and into the sums."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from .definitions import prepare
from .ladders import Ladders, escaped
from .lines import amount_of
from .memory import Key, Memory, content, id_key, names_of
from .options import Options
from .orders import counts_for_program, give_back, given_in_scope, new_record, spent, spent_now
from .qualifying import contribution, counts_for, gifts_of, ordinals_reached
from .reading import check, decode
from .times import DAY_US, midnight_after, to_us
from .values import Refused

Document = dict[str, Any]
BEFORE_ALL_TIMES_US = -(10**18)
# What goods given back do not name (spec 1.1, 1.2).
NOT_USED: Document = {
    "service_type": None,
    "assets": {},
    "coupons": [],
    "promotions": [],
    "member_price": False,
    "member_discount": False,
}


@dataclass
class Outcome:
    """What must have come out. Sums are signed, in minor units or pieces; one that is missing is 0."""

    grants: dict[str, Document] = field(default_factory=dict)  # by grant_id, each without it
    levels: dict[tuple[str, str], str | None] = field(default_factory=dict)  # (program, member)
    dead_letters: list[tuple[str, bytes]] = field(default_factory=list)  # (reason code, raw)
    spending: dict[tuple[str, str], int] = field(default_factory=dict)  # (program, member)
    progress: dict[tuple[str, str], int] = field(default_factory=dict)  # (activity, member)
    held: list[bytes] = field(default_factory=list)  # refunds that still wait for their order at the end
    clock_ms: int = BEFORE_ALL_TIMES_US // 1000


def replay(lines: Iterable[bytes], definitions: list[Document], options: Options | None = None) -> Outcome:
    """Raw lines in the order in which they are applied, through spec 1 and as much of 2 and 3 as there is."""
    replayed = Replay(definitions, options or Options())
    for line in lines:
        if line.strip():
            replayed.take(line)
    return replayed.finish()


class Replay:
    def __init__(self, definitions: list[Document], options: Options) -> None:
        self.options = options
        self.definitions = prepare(definitions)
        self.outcome = Outcome()
        self.clock = BEFORE_ALL_TIMES_US
        self.memory = Memory(options)
        self.ladders = Ladders(self.definitions, options)
        self.members: dict[str, dict[str, int | None]] = {}
        self.progress: Counter[tuple[str, str]] = Counter()
        self.reached: Counter[tuple[str, str]] = Counter()  # (activity, member): the highest ordinal so far
        self.records: list[Document] = []  # of all orders
        self.waiting: dict[Key, list[Document]] = defaultdict(list)  # by id_key of the order awaited
        self.due: list[tuple[int, int, Document]] = []
        self.arrivals = count()

    def take(self, raw: bytes) -> None:
        try:
            document = self.read(raw)
            if document is None:
                return
            if document["type"] == "member":
                self._member(document)
                return
            self._refuse_late(document)
            if document["member_id"] is None:
                self._anonymous(document)
                return
            same = self.memory.same(document)
            if same is not None:
                self._again(document, same)
            elif document["type"] == "purchase":
                self._purchase(document)
            else:
                self._refund(document, raw)
        except Refused as refused:
            self.outcome.dead_letters.append((refused.reason, raw))

    def read(self, raw: bytes) -> Document | None:
        """The document of a line, as it would be taken now; None for one that is passed over. Raises Refused."""
        now_us = to_us(datetime.now(UTC)) if self.options.now_us is None else self.options.now_us
        decoded = decode(raw, self.options)
        return None if decoded is None else check(decoded, self.clock, now_us, self.options, self.definitions["currencies"])

    def finish(self, *, at_once: bool = False) -> Outcome:
        """What came of the lines when time has passed until midnight; `at_once`: what came of them by now."""
        if self.clock != BEFORE_ALL_TIMES_US and not at_once:
            default = self.definitions["programs"].get(self.definitions["default"], {"timezone": "UTC"})
            self._advance(midnight_after(self.clock // 1000, default["timezone"]) * 1000)
        outcome = self.outcome
        for member_id, memberships in self.members.items():
            for code in memberships:
                if code in self.definitions["programs"]:
                    program = self.definitions["programs"][code]
                    outcome.levels[(code, member_id)] = self.ladders.level(program, member_id)
        outcome.spending = dict(self.ladders.spending)
        outcome.progress = dict(self.progress)
        outcome.held = [refund["raw"] for refunds in self.waiting.values() for refund in refunds]
        outcome.clock_ms = self.clock // 1000
        return outcome

    def _refuse_late(self, document: Document) -> None:
        if document.get("imported", False):
            return
        if document["received"] - document["at"] > self.options.late_days * DAY_US:
            raise Refused("late", "placed longer than late_days before it was received")

    def _advance(self, now_us: int) -> None:
        """Refunds whose order did not come within late_days go first, in the order in which they are due."""
        while self.due and self.due[0][0] < now_us:
            _, _, refund = heapq.heappop(self.due)
            if refund["entry"]["due"] is not None:  # not applied yet
                self.waiting[refund["awaited"]].remove(refund)
                self.memory.forget(refund["entry"])
                self.outcome.dead_letters.append(("unknown_order", refund["raw"]))
        self.clock = max(self.clock, now_us)

    def _memberships(self, member_id: str) -> dict[str, int | None]:
        default = self.definitions["default"]
        return self.members.get(member_id, {} if default is None else {default: None})

    def _member(self, document: Document) -> None:
        self._advance(document["time"])
        memberships = self._memberships(document["member_id"])
        listed = document["programs"]
        self.members[document["member_id"]] = memberships if listed is None else listed

    def _anonymous(self, document: Document) -> None:
        if document["type"] == "refund" and document["order_id"] is not None:
            raise Refused("no_member", "a refund must name the order's member")
        self._advance(document["time"])

    def _again(self, document: Document, entry: Document) -> None:
        if entry["content"] != content(document):
            raise Refused("conflict", "other content came before")
        self.memory.also(document, entry)
        if entry["record"] is not None:
            self._apply_what_waits([id_key(document)], entry["record"])

    def _purchase(self, document: Document) -> None:
        member_id, memberships = document["member_id"], self._memberships(document["member_id"])
        counted = self._counted(document)
        self._refuse_too_many(counted, member_id)
        self._advance(document["time"])
        self.members[member_id] = memberships
        record = new_record(document)
        self.records.append(record)
        self.memory.remember(document, record=record)
        record["activities"] = [activity for activity, _ in counted]
        for activity, adds in counted:
            self.progress[(activity["code"], member_id)] += adds
            self._grant_what_is_owed(activity, document)
        for program in self.definitions["programs"].values():
            if counts_for_program(program, document, memberships):
                record["programs"].append(program["code"])
                self.ladders.spending[(program["code"], member_id)] += spent(document)
        self._judge_levels(document)
        if document["given_back"]:
            self._subtract_on_its_own(document | NOT_USED | {"lines": document["given_back"]})
        self._apply_what_waits(names_of(document), record)

    def _apply_what_waits(self, names: list[Key], record: Document) -> None:
        waiting = [refund for name in names for refund in self.waiting.pop(name, [])]
        for refund in sorted(waiting, key=lambda refund: refund["arrival"]):
            refund["entry"]["due"] = None
            try:
                self._apply_to_order(refund["document"], record)
            except Refused as refused:
                self.memory.forget(refund["entry"])
                self.outcome.dead_letters.append((refused.reason, refund["raw"]))

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
            self.outcome.grants[f"{where[0]}/{escaped(where[1])}/{ordinal}"] = {
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
                self.outcome.grants[grant.pop("grant_id")] = grant

    def _refund(self, document: Document, raw: bytes) -> None:
        if document["order_id"] is None:
            self._advance(document["time"])
            self.memory.remember(document)
            self._subtract_on_its_own(document)
            return
        order = ("purchase", document["member_id"], "id", document["order_id"])
        entry = self.memory.entries.get(order)
        if entry is None:
            self._hold(document, order, raw)
            return
        if document["received"] - entry["came"] > self.options.refund_days * DAY_US:
            raise Refused("unknown_order", "the order came longer than refund_days ago")
        _refuse_other_currency(document, entry["record"])
        self._advance(document["time"])
        self.memory.remember(document)
        self._apply_to_order(document, entry["record"])

    def _hold(self, document: Document, order: Key, raw: bytes) -> None:
        due = document["received"] + self.options.late_days * DAY_US
        if due < document["time"]:
            raise Refused("unknown_order", "the order did not come")
        self._advance(document["time"])
        entry = self.memory.remember(document, due)
        refund = {"document": document, "raw": raw, "entry": entry, "awaited": order, "arrival": next(self.arrivals)}
        self.waiting[order].append(refund)
        heapq.heappush(self.due, (due, refund["arrival"], refund))

    def _apply_to_order(self, document: Document, record: Document) -> None:
        _refuse_other_currency(document, record)
        member_id = document["member_id"]
        before = spent_now(record)
        given = give_back(record, document["lines"])
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
                self.ladders.spending[(program["code"], member_id)] -= amount_of(document["lines"])
        self._judge_levels(document)


def _refuse_other_currency(refund: Document, record: Document) -> None:
    """The spec is silent on it: its amounts are no part of what the order contributed, as where somebody mixed up units."""
    if refund["currency"] != record["currency"]:
        raise Refused("invalid", "a refund in another currency than its order")
