"""A file's lines in turn: what is due before each, and what it does."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ..orders import counts_for_program, give_back, given_in_scope, new_record, spent, spent_now
from ..qualifying import contribution, counts_for, in_dates, in_scope
from ..times import DAY_US, midnight_after, parse, to_us
from ..values import Refused
from .calendars import periods, start_in
from .gifts import Gift, Grant
from .life import EVER, Chain, Definitions, Version
from .performance import Performance
from .segments import Member, matches

Document = dict[str, Any]
LATE_US = 35 * DAY_US
REFUND_US = 180 * DAY_US
NOT_USED: Document = {
    "service_type": None,
    "assets": {},
    "coupons": [],
    "promotions": [],
    "member_price": False,
    "member_discount": False,
}
ASSETS = ("gift_card", "group_voucher", "prepaid_balance", "points")
TIME_FIELDS = {
    "purchase": "placed_at",
    "refund": "refunded_at",
    "claim": "claimed_at",
    "test_send": "sent_at",
    "change": "saved_at",
}


@dataclass
class Played:
    """Times in epoch microseconds. `levels`: by program and member."""

    grants: dict[str, Grant] = field(default_factory=dict)
    refused: dict[str, Grant] = field(default_factory=dict)
    notifications: list[Document] = field(default_factory=list)
    dead_letters: list[tuple[str, Document]] = field(default_factory=list)
    performance: list[Document] = field(default_factory=list)
    levels: dict[tuple[str, str], str | None] = field(default_factory=dict)


def play(documents: Iterable[Document], definitions: list[Document]) -> Played:
    playing = _Playing(definitions)
    for document in documents:
        playing.take(document)
    return playing.finish()


class _Playing:
    def __init__(self, definitions: list[Document]) -> None:
        self.definitions = Definitions(definitions)
        self.played = Played()
        self.clock = EVER
        self.members: dict[str, Member] = {}
        self.performance = Performance()
        self.sums: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)  # (activity, member), by version
        self.ordinals: Counter[tuple[str, str]] = Counter()
        self.owed: Counter[tuple[str, str]] = Counter()
        self.made: Counter[str] = Counter()
        self.worth: Counter[str] = Counter()
        self.gains: Counter[tuple[str, str]] = Counter()  # (member, program/level)
        self.fired: set[tuple[str, str, str]] = set()
        self.orders: dict[tuple[str, str], Document] = {}
        self.refunds: dict[tuple[str, str], Document] = {}
        self.held_refunds: dict[tuple[str, str], list[Document]] = defaultdict(list)
        self.tests: set[tuple[str, str]] = set()
        self.tries: list[tuple[int, int, Grant, Gift]] = []
        self.parked: dict[str, list[tuple[Grant, Gift]]] = defaultdict(list)  # by member: their ground does not stand
        self.started: set[tuple[str, str]] = set()
        self.serial = count()
        self.next_starts: dict[str, tuple[int, str, Version] | None] = {}
        self.leads_to: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.taken: dict[str, list[Document]] = {"purchase": [], "refund": []}

    # What comes

    def take(self, raw: Document) -> None:
        try:
            self._take(raw)
        except Refused as refused:
            self.played.dead_letters.append((refused.reason, raw))

    def _take(self, sent: Document) -> None:
        raw = sent
        if sent.get("member_id") is not None:
            raw = sent | {"member_id": self._resolved(sent["member_id"]), "sent": sent}
        if raw["type"] == "member":
            self._member(raw)
            return
        at_us = to_us(parse(raw[TIME_FIELDS[raw["type"]]]))
        received = to_us(parse(raw["received_at"])) if "received_at" in raw else max(self.clock, at_us)
        if at_us > received + DAY_US:
            raise Refused("invalid", "ahead")
        if received - at_us > LATE_US and not raw.get("imported", False):
            raise Refused("late", "late")
        now = max(at_us, received)
        match raw["type"]:
            case "change":
                self._advance(now)
                self.definitions.change(raw, max(at_us, self.clock))
                self.next_starts.clear()
            case "claim":
                self._advance(now)
                self._claim(raw, at_us)
            case "test_send":
                self._advance(now)
                self._test_send(raw, at_us)
            case "purchase" | "refund" if raw["member_id"] in self.deleted:
                self._of_deleted(_read(raw, at_us, received), raw, now)
            case "purchase":
                self._purchase(_read(raw, at_us, received), now)
            case "refund":
                self._refund(_read(raw, at_us, received), now)

    def finish(self) -> Played:
        if self.clock != EVER:
            default = self.definitions.document("program", self._default() or "", self.clock)
            zone = (default or {}).get("timezone", "UTC")
            self._advance(midnight_after(self.clock // 1000, zone) * 1000)
        played = self.played
        for member in self.members.values():
            for program in member.programs:
                if self._program(program) is not None:
                    played.levels[(program, member.id)] = member.level.get(program)
        played.performance = [
            self.performance.row(chain.code, [g for g in played.grants.values() if g.activity == chain.code], self._coupon)
            for chain in self.definitions.of("activity")
        ]
        return played

    # Members who are merged, and deleted (spec 1.7)

    def _resolved(self, member_id: str) -> str:
        while member_id in self.leads_to:
            member_id = self.leads_to[member_id]
        return member_id

    def _of_deleted(self, document: Document, raw: Document, now: int) -> None:
        own_id = raw["sent"]["member_id"], document["order_id" if raw["type"] == "purchase" else "refund_id"]
        known = [each for each in self.taken[raw["type"]] if each["under"] == own_id]
        if known:
            if known[0]["content"] != document["content"]:
                raise Refused("conflict", "another")
            return
        if raw["type"] == "refund" and document["order_id"] is not None:
            raise Refused("no_member", "nobody's")
        self._advance(now)

    def _delete(self, member_id: str, into: str | None = None) -> None:
        """`into`: an id that was deleted, to which all that he had goes on."""
        self.deleted.add(member_id)
        self.members.pop(member_id, None)
        self.parked.pop(member_id, None)
        for grant in self.played.grants.values():
            grant.dropped |= grant.owner == member_id
        for (owner, order_id), refunds in list(self.held_refunds.items()):
            if owner == member_id:
                del self.held_refunds[(owner, order_id)]
                for refund in refunds:
                    known = [each for each in self.taken["refund"] if each["under"] == (into, refund["refund_id"])]
                    refund["under"] = None
                    if not known:
                        self.played.dead_letters.append(("unknown_order" if into is None else "no_member", refund["raw"]))
                    elif known[0]["content"] != refund["content"]:
                        self.played.dead_letters.append(("conflict", refund["raw"]))

    def _merge(self, old: Member, new: Member) -> None:
        del self.members[old.id]
        self.leads_to[old.id] = new.id
        for code, member_id in [where for where in self.sums if where[1] == old.id]:
            self.sums[(code, new.id)].update(self.sums.pop((code, member_id)))
        for counter in (self.ordinals, self.owed):
            for code, member_id in [where for where in counter if where[1] == old.id]:
                counter[(code, new.id)] += counter.pop((code, member_id))
        for member_id, name in [where for where in self.gains if where[0] == old.id]:
            self.gains[(new.id, name)] = max(self.gains[(new.id, name)], self.gains.pop((member_id, name)))
        self.fired |= {(code, new.id, rest) for code, member_id, rest in self.fired if member_id == old.id}
        self.tests |= {(new.id, test_id) for member_id, test_id in self.tests if member_id == old.id}
        self.performance.known[new.id] |= self.performance.known[old.id]
        waiting = [*self._held_of(old.id), *self._held_of(new.id)]
        for known in (self.orders, self.refunds):
            for member_id, own_id in [key for key in known if key[0] == old.id]:
                known.setdefault((new.id, own_id), known.pop((member_id, own_id)))
        for grant in self.played.grants.values():
            if grant.owner == old.id:
                grant.owner = new.id
                for gift in grant.gifts:
                    if gift.claimed is None:
                        gift.holder = new.id
        self.parked[new.id] += self.parked.pop(old.id, [])
        new.purchases += old.purchases
        new.channels |= old.channels
        new.last_order_us = max((each for each in (old.last_order_us, new.last_order_us) if each is not None), default=None)
        for code, spent_ in old.spent.items():
            new.spent[code] = new.spent.get(code, 0) + spent_
        for code, since in old.programs.items():
            if code not in new.programs:
                new.programs[code], new.level[code] = since, old.level.get(code)
            else:
                since_ = new.programs[code]
                new.programs[code] = None if since is None or since_ is None else min(since, since_)
        for code in new.programs:
            self._judge(new, code, {"at": self.clock})
        self._grant_by_merge(new)
        taken = {refund_id: refund for (member_id, refund_id), refund in self.refunds.items() if member_id == new.id}
        self._apply_what_was_held(waiting, new, taken)
        self._try_again(new)

    def _grant_by_merge(self, member: Member) -> None:
        for chain in self.definitions.of("activity"):
            version = chain.at(self.clock)
            if version is None or version.document["type"] != "cumulative_spend" or not _running(version):
                continue
            activity = self.definitions.prepared(version.document)
            if not in_dates(activity, self.clock) or not any(self.sums[(chain.code, member.id)]):
                continue
            programs = [code for code, since in member.programs.items() if since is None or since <= self.clock]
            if activity["programs"] is None or set(activity["programs"]) & set(programs):
                self._grant_owed(version, activity, member, {"order_id": None, "at": self.clock})

    def _apply_what_was_held(self, waiting: list[Document], member: Member, known: dict[str, Document]) -> None:
        """Refunds that waited for one of the two: once each, where both had one. `known`: those of either that did not wait."""
        for refund in waiting:
            refund["member_id"] = member.id
            first = known.setdefault(refund["refund_id"], refund)
            if first is not refund:
                if first["content"] != refund["content"]:
                    self.played.dead_letters.append(("conflict", refund["raw"]))
                continue
            self.refunds[(member.id, refund["refund_id"])] = refund
            order = (member.id, refund["order_id"])
            if order not in self.orders:
                self.held_refunds[order].append(refund)
                continue
            try:
                if refund["received"] - self.orders[order]["came"] > REFUND_US:
                    raise Refused("unknown_order", "too long ago")
                self._apply_to_order(member, refund, self.orders[order])
            except Refused as refused:
                del self.refunds[(member.id, refund["refund_id"])]
                self.played.dead_letters.append((refused.reason, refund["raw"]))

    def _held_of(self, member_id: str) -> list[Document]:
        """Takes out what waits of a member."""
        keys = [key for key in self.held_refunds if key[0] == member_id]
        held = [refund for key in keys for refund in self.held_refunds.pop(key)]
        for refund in held:
            self.refunds.pop((member_id, refund["refund_id"]), None)
        return held

    def _read_profile(self, raw: Document) -> Document:
        left_out = ("type", "member_id", "programs", "sent", "merged_into", "deleted")
        return {key: value for key, value in raw.items() if value is not None and key not in left_out}

    def _member(self, raw: Document) -> None:
        if "registered_at" in raw:
            self._advance(to_us(parse(raw["registered_at"])))
        if raw["member_id"] in self.deleted:
            return
        member = self._registered(raw["member_id"], self.clock)
        if "registered_at" in raw:
            member.registered_us = to_us(parse(raw["registered_at"]))
        if "programs" in raw:
            listed = raw["programs"]
            member.programs = {
                (each if isinstance(each, str) else each["program"]): (
                    to_us(parse(each["since"])) if not isinstance(each, str) and "since" in each else None
                )
                for each in listed
            }
        for name, value in self._read_profile(raw).items():
            # Only tags and programs are all of them.
            member.profile[name] = member.profile.get(name, {}) | value if isinstance(value, dict) else value
        into = self._resolved(raw["merged_into"]) if raw.get("merged_into") else member.id
        if raw.get("deleted", False):
            self._delete(member.id)
        elif into in self.deleted:
            self._delete(member.id, raw["sent"]["merged_into"])
        elif into != member.id:
            self._merge(member, self._registered(into, self.clock))

    def _registered(self, member_id: str, at_us: int) -> Member:
        if member_id not in self.members:
            default = self._default()
            member = Member(member_id, at_us, {} if default is None else {default: None})
            self.members[member_id] = member
            for program in member.programs:
                self._judge(member, program, None)
        return self.members[member_id]

    def _default(self) -> str | None:
        programs = [chain.versions[-1].document for chain in self.definitions.of("program")]
        marked = [program["code"] for program in programs if program.get("default", False)]
        return marked[0] if marked else programs[0]["code"] if len(programs) == 1 else None

    def _program(self, code: str) -> Document | None:
        document = self.definitions.document("program", code, self.clock)
        if document is None:
            return None
        return {
            "code": code,
            "currency": document["currency"],
            "active_from": None,
            "include_imported": False,
            "ladder": [(each["code"], each["threshold"]) for each in document.get("levels", [])],
        }

    def _zone(self, activity: Document) -> str:
        if "timezone" in activity:
            return str(activity["timezone"])
        document = self.definitions.document("program", self._first_program(activity), self.clock)
        return "UTC" if document is None else str(document["timezone"])

    def _first_program(self, activity: Document) -> str:
        return str((activity.get("programs") or [self._default()])[0])

    def _currency(self, activity: Document) -> str:
        document = self.definitions.document("program", self._first_program(activity), self.clock)
        return str(activity.get("currency") or (document or {})["currency"])

    def _coupon(self, code: str) -> Document:
        document = self.definitions.document("coupon", code, self.clock)
        assert document is not None
        return document

    # Time

    def _advance(self, now: int) -> None:
        """Releases first, then runs, where due at one instant (spec 6)."""
        first = self.clock == EVER
        while True:
            release = self.tries[0][0] if self.tries else now + 1
            run = self._next_run(now)
            if min(release, run[0] if run else now + 1) > now:
                break
            if run is None or release <= run[0]:
                self._release_all_due(release)
            else:
                self._run(*run, nobody=first)
        self.clock = max(self.clock, now)
        for refunds in self.held_refunds.values():
            for refund in [each for each in refunds if each["received"] + LATE_US < self.clock]:
                refunds.remove(refund)
                del self.refunds[(refund["member_id"], refund["refund_id"])]
                self.played.dead_letters.append(("unknown_order", refund["raw"]))

    def _release_all_due(self, at_us: int) -> None:
        released: dict[str, tuple[Grant, list[Gift]]] = {}
        while self.tries and self.tries[0][0] == at_us:
            _, _, grant, gift = heapq.heappop(self.tries)
            if grant.dropped:
                continue
            if self._ground_stands(grant):
                gift.release(at_us, grant.zone)
                released.setdefault(grant.grant_id, (grant, []))[1].append(gift)
            else:
                self.parked[grant.owner].append((grant, gift))
        for grant, gifts in released.values():
            self._released(grant, gifts, at_us)

    def _released(self, grant: Grant, gifts: list[Gift], at_us: int) -> None:
        switch = self.definitions.document("message_centre", "message-centre", at_us) or {}
        member = self.members[grant.owner]
        if not any(gift.is_coupon for gift in gifts) or not switch.get("coupon_arrival", False):
            return
        if member.profile.get("consents", {}).get("mini_program", True) is False:
            return
        users = member.profile.get("mini_programs", {})
        for mini_program in grant.notify.get("mini_programs", []):
            if mini_program in users:
                self.played.notifications.append(
                    {"grant_id": grant.grant_id, "member_id": member.id, "mini_program": mini_program, "user": users[mini_program],
                     "message": grant.notify.get("message"), "at": at_us}
                )  # fmt: skip

    def _ground_stands(self, grant: Grant) -> bool:
        if grant.run is not None or grant.test is not None:
            return True
        member = self.members[grant.owner]
        if grant.level is not None:
            program, level = grant.level.split("/")
            ladder = [code for code, _ in (self._program(program) or {"ladder": []})["ladder"]]
            held = member.level.get(program)
            return held in ladder and level in ladder and ladder.index(held) >= ladder.index(level)
        where = (grant.activity, member.id)
        if grant.needs is not None:
            return max(0, sum(self.sums[where].values())) >= grant.needs
        assert grant.ordinal is not None
        return self._earned(*where) >= grant.ordinal

    def _try_again(self, member: Member) -> None:
        """What could not be released because of its ground is looked at again at the next hour or midnight."""
        for grant, gift in self.parked.pop(member.id, []):
            heapq.heappush(self.tries, (gift.first_try(self.clock, grant.zone), next(self.serial), grant, gift))

    # Grants

    def _grant(self, grant: Grant, activity: Document, now: int) -> None:
        where = (grant.activity, grant.member_id)
        limits = activity.get("limits") or {}
        currency = self._currency(activity)
        worth = 0
        for gift in grant.gifts:
            if gift.is_coupon:
                coupon = self._coupon(gift.document["coupon"])
                worth += coupon["value"] * gift.quantity
                assert "budget" not in limits or coupon["currency"] == currency
        if grant.test is None:
            self.owed[where] += 1
            if "per_member" in limits and self.owed[where] > limits["per_member"]:
                grant.refused = "per_member"
            elif "total" in limits and self.made[grant.activity] >= limits["total"]:
                grant.refused = "total"
            elif "budget" in limits and worth > max(0, limits["budget"] - self.worth[grant.activity]):
                grant.refused = "budget"
            if grant.refused is not None:
                self.played.refused[grant.grant_id] = grant
                self.performance.refused[(grant.activity, grant.refused)] += 1
                return
            if grant.level is not None or grant.run is not None:
                self.performance.member(grant.activity, grant.member_id)
            self.made[grant.activity] += 1
            self.worth[grant.activity] += worth
        assert grant.grant_id not in self.played.grants
        self.played.grants[grant.grant_id] = grant
        at_once = [gift for gift in grant.gifts if grant.test is not None or gift.document.get("release", "instant") == "instant"]
        moment = max(grant.occurred, now)
        for gift in at_once:
            gift.release(moment, grant.zone)
        if at_once:
            self._released(grant, at_once, moment)
        for gift in grant.gifts:
            if gift not in at_once:
                heapq.heappush(self.tries, (gift.first_try(moment, grant.zone), next(self.serial), grant, gift))

    def _make(self, version: Version, member: Member, rest: str, occurred: int, gifts: list[Document], **more: Any) -> Grant:
        code = version.document["code"]
        return Grant(
            f"{code}/{_escaped(member.id)}/{rest}", code, member.id, version.number, occurred, [Gift(gift) for gift in gifts],
            self._zone(version.document), version.document.get("notify") or {}, **more,
        )  # fmt: skip

    # Orders

    def _purchase(self, order: Document, now: int) -> None:
        if order["member_id"] is None:
            self._advance(now)
            return
        key = (order["member_id"], order["order_id"])
        if key in self.orders:
            if self.orders[key]["content"] != order["content"]:
                raise Refused("conflict", "another order")
            return
        self._advance(now)
        member = self._registered(order["member_id"], order["at"])
        record = new_record(order) | {"content": order["content"], "came": order["received"], "counted": [], "under": key}
        self.orders[key] = record
        self.taken["purchase"].append(record)
        member.purchases += 1
        member.last_order_us = max(member.last_order_us or order["at"], order["at"])
        member.channels.add(order["channel"])
        if not order["imported"]:
            record["used"] = self._used_coupons(member, order)
        for version, activity, adds in self._counted(member, order):
            record["counted"].append((version.number, activity))
            self.sums[(activity["code"], member.id)][version.number] += adds
            self.performance.order(activity["code"], member.id, _money(activity, order["lines"]))
            self._grant_owed(version, activity, member, order)
        for code in member.programs:
            program = self._program(code)
            if program is not None and counts_for_program(program, order, member.programs):
                record["programs"].append(code)
                member.spent[code] = member.spent.get(code, 0) + spent(order)
        for code in member.programs:
            self._judge(member, code, order)
        for refund in self.held_refunds.pop(key, []):
            try:
                self._apply_to_order(member, refund, record)
            except Refused as refused:
                del self.refunds[(member.id, refund["refund_id"])]
                self.played.dead_letters.append((refused.reason, refund["raw"]))
        self._try_again(member)

    def _counted(self, member: Member, order: Document) -> list[tuple[Version, Document, int]]:
        found = []
        for chain in self.definitions.of("activity"):
            version = chain.at(order["at"])
            if version is None or version.document["type"] != "cumulative_spend" or not _running(version):
                continue
            activity = self.definitions.prepared(version.document)
            if counts_for(activity, order, member.programs):
                adds = contribution(activity, order["lines"])
                if adds > 0:
                    found.append((version, activity, adds))
        return found

    def _earned(self, code: str, member_id: str) -> int:
        """By `every` (spec 2.5)."""
        sums, earned, before = self.sums[(code, member_id)], 0, 0
        for version in self.definitions.chains[("activity", code)].versions:
            if version.number not in sums:
                continue
            threshold = version.document["condition"]["threshold"]
            after = before + sums[version.number]
            earned += max(0, after) // threshold - max(0, before) // threshold
            before = after
        return earned

    def _grant_owed(self, version: Version, activity: Document, member: Member, order: Document) -> None:
        where = (activity["code"], member.id)
        if activity["every"]:
            reached = self._earned(*where)
        else:
            total = max(0, sum(self.sums[where].values()))
            reached = sum(1 for threshold, _ in activity["steps"] if total >= threshold)
        while self.ordinals[where] < reached:
            self.ordinals[where] += 1
            ordinal = self.ordinals[where]
            needs, gifts = activity["steps"][0 if activity["every"] else ordinal - 1]
            more = {"ordinal": ordinal, "order_id": order["order_id"], "needs": None if activity["every"] else needs}
            self._grant(self._make(version, member, str(ordinal), order["at"], gifts, **more), version.document, self.clock)

    def _used_coupons(self, member: Member, order: Document) -> list[str]:
        """The activities that it counts in by that."""
        found = []
        for chain in self.definitions.of("activity"):
            document = chain.versions[-1].document
            if document["type"] == "cumulative_spend" or order["currency"] != self._currency(document):
                continue
            claims = [
                gift.claimed
                for grant in self.played.grants.values()
                if grant.activity == chain.code and grant.owner == member.id and grant.test is None
                for gift in grant.gifts
                if gift.is_coupon and gift.document["coupon"] in order["coupons"] and gift.claimed is not None
            ]
            if claims and min(claims) <= order["at"]:
                self.performance.order(chain.code, None, sum(line["amount"] for line in order["lines"]))
                found.append(chain.code)
        return found

    def _refund(self, refund: Document, now: int) -> None:
        if refund["member_id"] is None:
            if refund["order_id"] is not None:
                raise Refused("no_member", "no member")
            self._advance(now)
            return
        key = (refund["member_id"], refund["refund_id"])
        if key in self.refunds:
            if self.refunds[key]["content"] != refund["content"]:
                raise Refused("conflict", "another refund")
            return
        refund["under"] = key
        if refund["order_id"] is None:
            self._advance(now)
            self.refunds[key] = refund
            self.taken["refund"].append(refund)
            member = self._registered(refund["member_id"], refund["at"])
            self._on_its_own(member, refund | NOT_USED)
            return
        order = (refund["member_id"], refund["order_id"])
        if order not in self.orders:
            self._advance(now)
            self.refunds[key] = refund
            self.taken["refund"].append(refund)
            self.held_refunds[order].append(refund)
            return
        record = self.orders[order]
        if refund["received"] - record["came"] > REFUND_US:
            raise Refused("unknown_order", "too long ago")
        self._advance(now)
        self.refunds[key] = refund
        self.taken["refund"].append(refund)
        member = self.members[refund["member_id"]]
        self._apply_to_order(member, refund, record)
        self._try_again(member)

    def _on_its_own(self, member: Member, refund: Document) -> None:
        for version, activity, adds in self._counted(member, refund):
            self.sums[(activity["code"], member.id)][version.number] -= adds
            self.performance.refunded[activity["code"]] += _money(activity, refund["lines"])
        for code in member.programs:
            program = self._program(code)
            if program is not None and counts_for_program(program, refund, member.programs):
                member.spent[code] = member.spent.get(code, 0) - sum(line["amount"] for line in refund["lines"])
            self._judge(member, code, refund)
        self._try_again(member)

    def _apply_to_order(self, member: Member, refund: Document, record: Document) -> None:
        before = spent_now(record)
        given = give_back(record, refund["lines"])
        for number, activity in record["counted"]:
            self.sums[(activity["code"], member.id)][number] -= given_in_scope(activity, given)
            self.performance.refunded[activity["code"]] += given_in_scope({**activity, "measure": "amount"}, given)
        for code in record.get("used", ()):
            self.performance.refunded[code] += sum(int(what["amount"]) for what in given.values())
        for code in record["programs"]:
            member.spent[code] += spent_now(record) - before
        for code in member.programs:
            self._judge(member, code, refund)

    # Levels by all that was spent

    def _judge(self, member: Member, code: str, cause: Document | None) -> None:
        program = self._program(code)
        if program is None:
            return
        ladder = [level for level, _ in program["ladder"]]
        total = max(0, member.spent.get(code, 0))
        reached = max((n for n, (_, threshold) in enumerate(program["ladder"], 1) if threshold <= total), default=0)
        held = member.level.get(code)
        before = ladder.index(held) + 1 if held is not None else 0
        member.level[code] = ladder[reached - 1] if reached else None
        if cause is not None:
            for level in ladder[before:reached]:
                self._gained(member, code, level, cause)

    def _gained(self, member: Member, program: str, level: str, cause: Document) -> None:
        name = f"{program}/{level}"
        self.gains[(member.id, name)] += 1
        for chain in self.definitions.of("activity"):
            version = chain.at(cause["at"])
            if version is None or version.document["type"] != "tier_upgrade" or not _running(version):
                continue
            activity = self.definitions.prepared(version.document)
            if not {name, f"{program}/*"} & activity["levels"] or not in_dates(activity, cause["at"]):
                continue
            if activity["programs"] is not None and program not in activity["programs"]:
                continue
            rest = name
            if activity["regain"]:
                rest += f"/{self.gains[(member.id, name)]}"
            if (chain.code, member.id, rest) in self.fired:
                continue
            self.fired.add((chain.code, member.id, rest))
            if cause.get("imported", False):
                continue
            grant = self._make(version, member, rest, cause["at"], activity["gifts"], level=name, order_id=cause.get("order_id"))
            self._grant(grant, version.document, self.clock)

    # Claims, test sends and runs

    def _claim(self, claim: Document, at_us: int) -> None:
        grant = self.played.grants.get(claim["grant_id"])
        if grant is None or grant.owner != claim["member_id"] or grant.dropped or grant.owner in self.deleted:
            raise Refused("unknown_grant", "unknown")
        if "gift" in claim:
            gift = grant.gifts[claim["gift"] - 1]
            if gift.claimed is not None:
                return
            if gift.released is None or gift.released > at_us:
                raise Refused("not_released", "not yet")
            if gift.last is not None and gift.last < at_us:
                raise Refused("expired", "over")
            gift.claim(at_us, grant.zone)
            return
        for gift in grant.gifts:
            open_ = gift.released is not None and gift.released <= at_us and gift.claimed is None
            if open_ and (gift.last is None or at_us <= gift.last):
                gift.claim(at_us, grant.zone)

    def _test_send(self, test: Document, at_us: int) -> None:
        chain = self.definitions.chains.get(("activity", test["activity"]))
        number = test.get("version", len(chain.versions) if chain else 0)
        if chain is None or not 1 <= number <= len(chain.versions) or chain.versions[number - 1].state == "archived":
            raise Refused("invalid", "no such version")
        if test["member_id"] not in self.members:
            raise Refused("unknown_member", "unknown")
        if (test["member_id"], test["test_id"]) in self.tests:
            return
        self.tests.add((test["member_id"], test["test_id"]))
        version, member = chain.versions[number - 1], self.members[test["member_id"]]
        grant = self._make(version, member, f"test/{test['test_id']}", at_us, version.document["gifts"], test=test["test_id"])
        self._grant(grant, version.document, self.clock)

    def _next_run(self, now: int) -> tuple[int, str, str, Version] | None:
        found = []
        for chain in self.definitions.of("activity"):
            if chain.versions[-1].document["type"] != "bulk":
                continue
            if chain.code not in self.next_starts:
                self.next_starts[chain.code] = self._next_start(chain, now)
            start = self.next_starts[chain.code]
            if start is not None:
                found.append((start[0], chain.code, start[1], start[2]))
        return min(found, key=lambda each: each[:2], default=None)

    def _next_start(self, chain: Chain, now: int) -> tuple[int, str, Version] | None:
        """The first start after the clock, of a period that has not started. Versions of a bulk keep its cycle."""
        after = self.clock if self.clock != EVER else now - 40 * DAY_US
        once = "every" not in chain.versions[-1].document["schedule"]
        for name, first_day in periods(chain.versions[-1].document["schedule"], after, self._zone(chain.versions[-1].document)):
            if (chain.code, name) in self.started:
                continue
            starts = []
            for version in chain.versions:
                zone = self._zone(version.document)
                start = start_in(version.document["schedule"], first_day, zone)
                if (
                    (start > after or (once and self.clock == EVER))
                    and chain.at(start) is version
                    and self._may_run(version, start)
                ):
                    starts.append((start, version.number, version))
            if starts:
                start, _, version = min(starts)
                return start, name, version
        return None

    def _may_run(self, version: Version, start: int) -> bool:
        document = version.document
        if start < version.known:
            return False
        starts_at, ends_at = document.get("starts_at"), document.get("ends_at")
        if starts_at is not None and start < to_us(parse(starts_at)):
            return False
        if ends_at is not None and start >= to_us(parse(ends_at)) // 1_000_000 * 1_000_000 + 1_000_000:
            return False
        return _running(version)

    def _run(self, start: int, code: str, name: str, version: Version, *, nobody: bool) -> None:
        self.started.add((code, name))
        self.clock = max(self.clock, start) if not nobody else self.clock
        del self.next_starts[code]
        document = version.document
        saved = {chain.code: chain.at(start) for chain in self.definitions.of("segment")}
        segments = {each: version.document["segment"] for each, version in saved.items() if version is not None}
        # What was to start before the first time that is told was before there was anybody.
        for member_id in [] if nobody else sorted(self.members):
            member = self.members[member_id]
            if document.get("programs") is not None and not set(document["programs"]) & set(member.programs):
                continue
            if matches(document["segment"], member, start, self._zone(document), segments, self._default()):
                self._grant(self._make(version, member, name, start, document["gifts"], run=name), document, start)


def _running(version: Version) -> bool:
    return version.state == "running" and not version.document.get("draft", False)


def _money(activity: Document, lines: list[Document]) -> int:
    return sum(int(line["amount"]) for line in lines if in_scope(activity, line["sku"]))


def _escaped(member_id: str) -> str:
    return member_id.replace("%", "%25").replace("/", "%2F")


def _read(raw: Document, at_us: int, received: int) -> Document:
    lines = [line | {"quantity": line["quantity"] * 1000} for line in raw["lines"]]
    paid = Counter[str]()
    for payment in raw.get("payments", []):
        if payment["method"] in ASSETS and payment["amount"]:
            paid[payment["method"]] += payment["amount"]
    return {
        **{name: raw.get(name) for name in ("order_id", "refund_id", "member_id", "store_id", "channel", "service_type", "currency")},
        "coupons": raw.get("coupons", []), "promotions": raw.get("promotions", []), "imported": raw.get("imported", False),
        "member_price": raw.get("member_price", False), "member_discount": raw.get("member_discount", False),
        "lines": lines, "assets": dict(paid), "at": at_us, "received": received, "raw": raw.get("sent", raw),
        "content": {name: value for name, value in raw.items() if name not in ("received_at", "total", "member_id", "sent")},
    }  # fmt: skip
