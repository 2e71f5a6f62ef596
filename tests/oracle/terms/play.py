"""A file's lines in turn, one clock for all members (spec 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..orders import give_back, new_record, spent, spent_now
from ..times import DAY_US, midnight_after, parse, to_us
from ..values import Refused
from .changed import Versions, change
from .standing import EVER, Entry, Standing

Document = dict[str, Any]
LATE_US = 35 * DAY_US
REFUND_US = 180 * DAY_US
TIMES = {"purchase": "placed_at", "refund": "refunded_at", "payment": "paid_at", "points": "earned_at"}
IDS = {"purchase": "order_id", "refund": "refund_id", "payment": "payment_id", "points": "points_id"}


@dataclass
class Levels:
    """As `--levels`, `--changes` and the grants of upgrades; times in epoch microseconds."""

    levels: list[Document] = field(default_factory=list)
    changes: list[Document] = field(default_factory=list)
    grants: list[Document] = field(default_factory=list)
    dead_letters: list[tuple[str, Document]] = field(default_factory=list)


def play(documents: Iterable[Document], definitions: list[Document]) -> Levels:
    playing = _Playing(definitions)
    for document in documents:
        try:
            playing.take(document)
        except Refused as refused:
            playing.out.dead_letters.append((refused.reason, document))
    return playing.finish()


@dataclass
class _Held:
    """What waits for the document that it takes back from."""

    raw: Document
    received: int


class _Playing:
    def __init__(self, definitions: list[Document]) -> None:
        self.versions = {each["code"]: Versions(each) for each in definitions if each["kind"] == "program"}
        self.programs = {each["code"]: each for each in definitions if each["kind"] == "program"}
        self.registered: dict[str, int] = {}
        self.place: dict[tuple[str, str], int] = {}  # which version of the program a standing is under
        self.upgrades = [each for each in definitions if each.get("type") == "tier_upgrade"]
        marked = [code for code, each in self.programs.items() if each.get("default")]
        self.default = (marked or [next(iter(self.programs))])[0] if marked or len(self.programs) == 1 else None
        self.out = Levels()
        self.clock = EVER
        self.members: dict[str, dict[str, int]] = {}  # since when, by program
        self.standings: dict[tuple[str, str], Standing] = {}
        self.since: dict[tuple[str, str], int | None] = {}
        self.shown: dict[tuple[str, str], str | None] = {}
        self.content: dict[tuple[str, str, str], Document] = {}
        self.orders: dict[tuple[str, str, str], Document] = {}
        self.waiting: dict[tuple[str, str, str], list[_Held]] = defaultdict(list)
        self.gained: dict[tuple[str, str, str], int] = defaultdict(int)
        self.given: set[str] = set()

    def take(self, raw: Document) -> None:
        if raw["type"] == "member":
            self._join(raw)
            return
        if raw["type"] == "change":
            self._change(raw)
            return
        at = to_us(parse(raw[TIMES[raw["type"]]]))
        received = to_us(parse(raw["received_at"])) if "received_at" in raw else max(self.clock, at)
        if at > received + DAY_US:
            raise Refused("invalid", "ahead")
        if raw["type"] == "payment":
            self._check_payment(raw)
        if raw["type"] == "points" and not self._points_programs(raw):
            raise Refused("invalid", "no program that measures points")
        if received - at > LATE_US and not raw.get("imported", False):
            raise Refused("late", "late")
        if raw["member_id"] is None:
            self._advance(max(at, received))
            return
        key = (raw["type"], raw["member_id"], raw[IDS[raw["type"]]])
        content = {name: value for name, value in raw.items() if name not in ("received_at", "total")}
        if key in self.content:
            if self.content[key] != content:
                raise Refused("conflict", "another")
            return
        if raw["type"] == "payment" and raw["amount"] != self._price(raw):
            raise Refused("wrong_amount", "another price")
        self._take(raw, key, at, received)
        self.content[key] = content

    def _take(self, raw: Document, key: tuple[str, str, str], at: int, received: int) -> None:
        now = max(at, received)
        member_id = raw["member_id"]
        if raw["type"] == "payment":
            self._advance(now)
            self._pay(raw, at)
            return
        takes_back = raw.get("order_id") if raw["type"] == "refund" else raw.get("takes_back")
        if takes_back is not None:
            order = ("purchase" if raw["type"] == "refund" else "points", member_id, takes_back)
            known = self.orders.get(order)
            if known is not None and received - known["came"] > REFUND_US:
                raise Refused("unknown_order", "too long ago")
            self._advance(now)
            if known is None:
                self.waiting[order].append(_Held(raw, received))
            else:
                self._take_back(raw, known)
            return
        self._advance(now)
        self._register(member_id, at)
        if raw["type"] == "refund" or (raw["type"] == "points" and raw["points"] < 0):
            self._subtract(raw, at)
        else:
            self._order(raw, key, at, received)

    def _change(self, raw: Document) -> None:
        saved = to_us(parse(raw["saved_at"]))
        now = max(self.clock, saved)
        if now - saved > LATE_US:
            raise Refused("late", "late")
        self._advance(now)
        self.versions[raw["code"]].change(raw, self.clock)

    def _program(self, member_id: str, code: str, at: int, now: int) -> Document:
        """The version that a member is under; who is not registered yet is so as of a time."""
        return self.versions[code].of(self.registered.get(member_id, at), now)

    # Members

    def _join(self, raw: Document) -> None:
        member_id = raw["member_id"]
        self._register(member_id, self.clock if self.clock != EVER else 0, listed=raw.get("programs"))

    def _register(self, member_id: str, at: int, listed: Any = None, only: str | None = None) -> None:
        known = member_id in self.members
        if known and listed is None:
            return
        if listed is not None:
            programs = {
                each if isinstance(each, str) else each["program"]: EVER
                if isinstance(each, str) or "since" not in each
                else to_us(parse(each["since"]))
                for each in listed
            }
        else:
            chosen = only or self.default
            programs = {} if chosen is None else {chosen: EVER}
        self.members[member_id] = programs
        self.registered.setdefault(member_id, at)
        for code in programs:
            self._stand(member_id, code, at)

    def _stand(self, member_id: str, code: str, at: int) -> Standing:
        key = (member_id, code)
        if key not in self.standings:
            program = self._program(member_id, code, at, max(self.clock, at))
            self.standings[key] = Standing(program)
            self.place[key] = self.versions[code].place(self.registered[member_id], max(self.clock, at))
            self.shown[key], self.since[key] = None, None
            self._show(key, "registered", None, at)
        return self.standings[key]

    # Time

    def _advance(self, now: int) -> None:
        for key in self.standings:
            while (due := self._due(key, self.standings[key])) is not None and due[0] <= now:
                at, place = due
                if place is None:
                    self.standings[key].fire(at)
                    self._show(key, "ended", None, at)
                else:
                    self._rule(key, place, at)
        self.clock = max(self.clock, now)
        for (_, member_id, _), held in self.waiting.items():
            for each in [each for each in held if each.received + LATE_US < self.clock]:
                held.remove(each)
                name = IDS[each.raw["type"]]
                self.content.pop((each.raw["type"], member_id, each.raw[name]), None)
                self.out.dead_letters.append(("unknown_order", each.raw))

    def _due(self, key: tuple[str, str], standing: Standing) -> tuple[int, int | None] | None:
        """When what is due first is: a version that comes to hold (its place), or an end (None)."""
        changed = self.versions[key[1]].next_after(self.place[key], self.registered[key[0]])
        end = standing.next_end()
        if changed is not None and (end is None or changed[0] <= end):
            return changed
        return None if end is None else (end, None)

    def _rule(self, key: tuple[str, str], place: int, at: int) -> None:
        before = self.standings[key].program
        document = self.versions[key[1]].all[place].document
        self.place[key] = place
        self.standings[key] = change(self.standings[key], document, at)
        self._show(key, "rule", None, at, before=before)

    def finish(self) -> Levels:
        if self.clock != EVER:
            zone = self.programs[self.default]["timezone"] if self.default else "UTC"
            self._advance(midnight_after(self.clock // 1000, zone) * 1000)
        for member_id, programs in self.members.items():
            for code in programs:
                standing = self.standings[(member_id, code)]
                program = standing.program
                until, by = standing.held_until()
                on = program.get("enabled", True)
                held = standing.held if on else -1
                self.out.levels.append(
                    {"program": code, "member_id": member_id, "level": program["levels"][held]["code"] if held >= 0 else None,
                     "since": self.since[(member_id, code)] if on else None,
                     "until": str(until) if until is not None and held >= 0 else None, "by": by if held >= 0 else None}
                )  # fmt: skip
        return self.out

    # Orders, and points as orders

    def _counting(self, member_id: str, raw: Document, at: int) -> list[str]:
        """The programs in which a document counts."""
        found = []
        for code, since in self.members[member_id].items():
            standing = self.standings[(member_id, code)]
            program = standing.program
            active = program.get("active_from")
            if at < since or (active is not None and at < to_us(parse(active))):
                continue
            if (program.get("measure", "amount") == "points") != (raw["type"] == "points"):
                continue
            if raw["type"] == "points":
                if raw.get("program") not in (None, code):
                    continue
            elif raw["currency"] != program["currency"]:
                continue
            includes = standing.kind == "history" and program.get("standard", {}).get("include_imported", False)
            if raw.get("imported", False) and not includes:
                continue
            found.append(code)
        return found

    def _order(self, raw: Document, key: tuple[str, str, str], at: int, received: int) -> None:
        member_id = raw["member_id"]
        if raw["type"] == "points":
            record: Document = {"points": raw["points"], "left": raw["points"]}
            counted = raw["points"]
        else:
            record = new_record(_read(raw))
            counted = spent(_read(raw))
        record |= {"came": received, "counts": {}}
        self.orders[key] = record
        for code in self._counting(member_id, raw, at):
            standing = self.standings[(member_id, code)]
            entry = Entry(at, counted, True)
            record["counts"][code] = entry
            standing.add(entry)
            if (as_of := standing.give_back(entry, self.clock)) is not None:
                self._show((member_id, code), "late", raw, as_of)
            standing.gain(entry, self.clock)
            self._show((member_id, code), "order" if raw["type"] == "purchase" else "points", raw, at)
        for held in self.waiting.pop(key, []):
            self._take_back(held.raw, record)

    def _take_back(self, raw: Document, record: Document) -> None:
        if raw["type"] == "points":
            record["left"] -= min(-raw["points"], record["left"])
            now = record["left"]
        else:
            give_back(record, _read(raw)["lines"])
            now = spent_now(record)
        for code, entry in record["counts"].items():
            before, entry.counted = entry.counted, now
            self.standings[(raw["member_id"], code)].taken(entry, before)
            self._lowered((raw["member_id"], code), raw)

    def _subtract(self, raw: Document, at: int) -> None:
        amount = -raw["points"] if raw["type"] == "points" else sum(line["amount"] for line in raw["lines"])
        for code in self._counting(raw["member_id"], raw, at):
            standing = self.standings[(raw["member_id"], code)]
            standing.add(Entry(at, -amount, False))
            self._lowered((raw["member_id"], code), raw)

    def _lowered(self, key: tuple[str, str], raw: Document) -> None:
        self.standings[key].lowered(self.clock)
        self._show(key, "refund" if raw["type"] == "refund" else "points", raw, to_us(parse(raw[TIMES[raw["type"]]])))

    # Payments

    def _points_programs(self, raw: Document) -> bool:
        if raw.get("takes_back") is not None and raw["points"] > 0:
            return False
        code, at = raw.get("program"), to_us(parse(raw["earned_at"]))
        if code is None or code not in self.programs:
            return code is None
        return self._program(raw["member_id"], code, at, max(self.clock, at)).get("measure") == "points"

    def _level_paid(self, raw: Document) -> tuple[Document, int]:
        program = self._now(raw)
        return program, next(n for n, level in enumerate(program["levels"]) if level["code"] == raw["level"])

    def _check_payment(self, raw: Document) -> None:
        code = raw.get("program") or self.default
        if raw["member_id"] is None or code not in self.programs:
            raise Refused("invalid", "no member or program")
        program = self._now(raw)
        level = next((level for level in program["levels"] if level["code"] == raw["level"]), None)
        if level is None or level.get("type", "basic") == "basic" or not level.get("enabled", True):
            raise Refused("invalid", "not to be paid for")
        if raw["currency"] != program["currency"]:
            raise Refused("invalid", "currency")
        from_level = raw.get("from_level")
        if from_level is not None and from_level not in [level["code"] for level in program["levels"]]:
            raise Refused("invalid", "from_level")

    def _now(self, raw: Document) -> Document:
        at = to_us(parse(raw["paid_at"]))
        return self._program(raw["member_id"], raw.get("program") or self.default or "", at, max(self.clock, at))

    def _price(self, raw: Document) -> Any:
        program, place = self._level_paid(raw)
        level = program["levels"][place]
        if program.get("paid", {}).get("pricing", "unified") == "per_level" and raw.get("from_level") in level.get("prices", {}):
            return level["prices"][raw["from_level"]]
        return level.get("price")

    def _pay(self, raw: Document, at: int) -> None:
        program, place = self._level_paid(raw)
        code, member_id = program["code"], raw["member_id"]
        self._register(member_id, at, only=code)
        if code not in self.members[member_id]:
            self.members[member_id][code] = EVER
        standing = self._stand(member_id, code, at)
        first = place not in standing.paid_ever
        held = standing.held
        standing.pay(place, at, self.clock)
        key = (member_id, code)
        if first and program.get("enabled", True):
            self._first_paid(key, place, raw, at, passed=held >= place)
        self._show(key, "payment", raw, at)

    def _first_paid(self, key: tuple[str, str], place: int, raw: Document, at: int, *, passed: bool) -> None:
        """The first payment gains a paid level also where a higher one is held; and benefits of those who paid."""
        level = self.standings[key].levels[place]
        if passed and level["type"] == "paid":
            self._gain(key, place, raw, at)
        self._points(key, place, raw, at, paid=True)

    # What is held, and what it gains

    def _show(self, key: tuple[str, str], why: str, raw: Document | None, at: int, before: Document | None = None) -> None:
        """What is shown now, and what is gained by that. `before`: the version before, where a rule was changed."""
        standing, shown = self.standings[key], self.shown[key]
        program, place = standing.program, standing.held
        codes = [level["code"] for level in program["levels"]]
        held = codes[place] if place >= 0 else None
        on = program.get("enabled", True)
        if why == "registered" and not on:
            # Held, and not shown.
            self.shown[key], self.since[key] = held, at
        if held == shown or not on:
            return
        self.shown[key], self.since[key] = held, at
        self.out.changes.append(
            {"program": key[1], "member_id": key[0], "before": shown, "level": held, "why": why, "since": at,
             "document_id": None if raw is None else raw[IDS[raw["type"]]]}
        )  # fmt: skip
        if why in ("registered", "late", "ended"):
            return
        for above in range(self._from(shown, codes, key, before) + 1, place + 1):
            level = program["levels"][above]
            own = raw is not None and raw["type"] == "payment" and raw["level"] == level["code"]
            if level.get("enabled", True) and (level.get("type", "basic") != "paid" or own):
                self._gain(key, above, raw, at)

    def _from(self, shown: str | None, codes: list[str], key: tuple[str, str], before: Document | None) -> int:
        """The place of the level that was held; of one that the ladder has no more, of the highest below it that is left."""
        if shown is None or shown in codes:
            return codes.index(shown) if shown is not None else -1
        ladders = [[level["code"] for level in each.document["levels"]] for each in self.versions[key[1]].all[: self.place[key]]]
        ladder = next(each for each in reversed(ladders) if shown in each)
        return max(
            (codes.index(code) for code in ladder[: ladder.index(shown)] if code in codes),
            key=lambda n: ladder.index(codes[n]),
            default=-1,
        )

    def _gain(self, key: tuple[str, str], place: int, raw: Document | None, at: int) -> None:
        program = self.standings[key].program
        name = f"{key[1]}/{program['levels'][place]['code']}"
        self.gained[(*key, name)] += 1
        order_id = raw["order_id"] if raw is not None and raw["type"] == "purchase" else None
        for activity in self.upgrades:
            if not {name, f"{key[1]}/*"} & set(activity["levels"]):
                continue
            grant_id = f"{activity['code']}/{key[0]}/{name}" + (f"/{self.gained[(*key, name)]}" if activity.get("regain") else "")
            if grant_id not in self.given:
                self.given.add(grant_id)
                if raw is None or not raw.get("imported", False):
                    self.out.grants.append(
                        {"activity": activity["code"], "member_id": key[0], "level": name, "order_id": order_id, "occurred_at": at}
                    )
        self._points(key, place, raw, at, paid=False)

    def _points(self, key: tuple[str, str], place: int, raw: Document | None, at: int, *, paid: bool) -> None:
        level = self.standings[key].levels[place]
        for benefit in level.get("benefits", []):
            if benefit["kind"] != "upgrade_points" or bool(benefit.get("paid_only", False)) != paid:
                continue
            grant_id = f"{key[1]}/{level['code']}/{benefit['code']}/{key[0]}"
            if grant_id not in self.given:
                self.given.add(grant_id)
                order_id = raw["order_id"] if raw is not None and raw["type"] == "purchase" else None
                if raw is None or not raw.get("imported", False):
                    self.out.grants.append(
                        {"activity": None, "member_id": key[0], "level": f"{key[1]}/{level['code']}", "order_id": order_id,
                         "occurred_at": at}
                    )  # fmt: skip


def _read(raw: Document) -> Document:
    assets: dict[str, int] = defaultdict(int)
    for payment in raw.get("payments", []):
        assets[payment["method"]] += payment["amount"]
    lines = [line | {"quantity": line["quantity"] * 1000} for line in raw["lines"]]
    return {"lines": lines, "assets": assets, "currency": raw["currency"]}
