"""What members bought, measured: of orders in files, or of what a running system remembers of each member (spec 3.12)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from rules.documents.accepted import Accepted
from rules.documents.accepting import accept
from rules.documents.baskets import given_back
from rules.documents.judging import Judging
from rules.documents.purchase import MixedPurchase, Purchase
from rules.documents.refund import Refund
from rules.documents.validity import InvalidDocument
from rules.levels.counting import counted_amount
from rules.levels.reaching import reaches
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import PURCHASE, Member
from rules.times import DAY_MS, LAST_MS
from streams.decode import ANY_ZONE, Limits, Malformed, decode
from streams.feeds.feed import PassedOver

_LIMITS = Limits(1024 * 1024, 5_000)
_JUDGING = Judging(_LIMITS.document_lines, LAST_MS)


class Buyer(NamedTuple):
    """A member who bought: what counts for him by the standard, what he spent in all (minor units), and how many orders he placed."""

    counted: int
    spent: int
    orders: int


class Measured(Struct):
    """`source`: where it was measured. `days`: that it spans. `order_amounts`: of members' orders, where each is known. `passed_over`:
    documents that are none, or in another currency; `anonymous`: orders of nobody.
    """

    source: str
    currency: str
    days: int
    buyers: list[Buyer]
    order_amounts: list[int]
    anonymous: int = 0
    passed_over: int = 0

    @property
    def orders(self) -> int:
        """How many the members placed."""
        return sum(buyer.orders for buyer in self.buyers)

    @property
    def average_order(self) -> int:
        """Minor units, after refunds; 0 where there is none."""
        return round(sum(buyer.spent for buyer in self.buyers) / self.orders) if self.orders else 0

    @property
    def repurchase_rate(self) -> float:
        """The part of the members who bought again."""
        return sum(buyer.orders > 1 for buyer in self.buyers) / len(self.buyers) if self.buyers else 0.0


class _Bought:
    """Of one member, what counted of each order by its id, and by day."""

    def __init__(self) -> None:
        self.orders: dict[str, tuple[int, int]] = {}
        self.refunds: dict[str, tuple[str | None, int, int]] = {}
        self.given_back: list[tuple[int, int]] = []

    def buyer(self, standard: str, period_days: int) -> Buyer | None:
        """None of whoever bought nothing."""
        if not self.orders:
            return None
        left = {order_id: amount for order_id, (_, amount) in self.orders.items()}
        days: Counter[int] = Counter()
        for day, amount in self.orders.values():
            days[day] += amount
        for order_id, day, amount in self.refunds.values():
            if order_id in left:
                amount = min(amount, left[order_id])
                left[order_id] -= amount
                day = self.orders[order_id][0]
            days[day] -= amount
        for day, amount in self.given_back:
            days[day] -= amount
        spent = max(0, sum(days.values()))
        if standard == "each":
            count = max(left.values())
        elif standard == "period":
            count = _best_window(days, period_days)
        else:
            count = spent
        return Buyer(count, spent, len(self.orders))


def _best_window(days: Mapping[int, int], length: int) -> int:
    """The most that so many days in a row come to; 0 at least."""
    best = total = 0
    waiting: list[tuple[int, int]] = []
    for day, amount in sorted(days.items()):
        waiting.append((day, amount))
        total += amount
        while waiting[0][0] <= day - length:
            total -= waiting.pop(0)[1]
        best = max(best, total)
    return best


def measure_orders(lines: Iterable[bytes], currency: str | None, standard: str, period_days: int) -> Measured:
    """Of documents: orders and refunds, each once. `currency`: None: the one that most orders are in. `standard`: each, period, or another,
    which sums all.
    """
    bought: dict[str, dict[str, _Bought]] = defaultdict(lambda: defaultdict(_Bought))
    spans: dict[str, list[int]] = {}
    anonymous: Counter[str] = Counter()
    passed_over = 0
    for line in lines:
        accepted = _read(line)
        if accepted is None:
            passed_over += 1
            continue
        document = accepted.document
        if not document.member_id:
            anonymous[document.currency] += isinstance(document, Purchase)
            continue
        day = accepted.time_ms // DAY_MS
        span = spans.setdefault(document.currency, [day, day])
        span[0], span[1] = min(span[0], day), max(span[1], day)
        _take(bought[document.currency][document.member_id], accepted, day)
    found = currency or max(bought, key=lambda each: sum(len(one.orders) for one in bought[each].values()), default="")
    passed_over += sum(len(one.orders) for each, members in bought.items() if each != found for one in members.values())
    of_members = bought[found].values()
    buyers = [buyer for each in of_members if (buyer := each.buyer(standard, period_days)) is not None]
    first, last = spans.get(found, [0, 0])
    amounts = [amount for each in of_members for _, amount in each.orders.values()]
    return Measured("orders", found, last - first + 1, buyers, amounts, anonymous[found], passed_over)


def _read(line: bytes) -> Accepted | None:
    """An order or a refund; None for anything else."""
    try:
        accepted = accept(decode(line, _LIMITS, ANY_ZONE), LAST_MS, _JUDGING, 0)
    except (Malformed, PassedOver, InvalidDocument):
        return None
    return accepted if isinstance(accepted.document, Purchase | Refund) else None


def _take(bought: _Bought, accepted: Accepted, day: int) -> None:
    document = accepted.document
    if isinstance(document, Refund):
        bought.refunds.setdefault(document.refund_id, (document.order_id, day, accepted.amount))
        return
    if document.order_id in bought.orders:
        return
    bought.orders[document.order_id] = (day, counted_amount(accepted.assets, accepted.amount))
    if isinstance(document, MixedPurchase):
        bought.given_back.append((day, given_back(document.lines)[1]))


def measure_members(members: Iterable[Member], program: CompiledProgram, now_ms: int) -> Measured:
    """Of a running system's members of a program: what counts for each by its standard now. Single orders are not remembered."""
    buyers: list[Buyer] = []
    first_ms = now_ms
    for member in members:
        membership = next((each for each in member.memberships if each.program == program.code and not each.left), None)
        orders = member.purchases // PURCHASE
        if membership is None or not orders:
            continue
        buyers.append(Buyer(reaches(program, membership, now_ms), max(0, membership.spent), orders))
        registered_ms = member.seldom.registered_ms
        first_ms = min(first_ms, registered_ms) if registered_ms > 0 else first_ms
    return Measured("members", program.currency, (now_ms - first_ms) // DAY_MS + 1, buyers, [])
