"""The best combination: by worked cases, and against every combination that there is (spec 3.10)."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.benefits.benefit import Requires, Stack
from rules.benefits.best import CANDIDATES_MAX, OTHERS_MAX, Combination, TooMany, quote
from rules.benefits.candidate import Candidate, CartSums
from rules.benefits.worth import Worth
from tests.thorough import examples

ALONE = Stack()
ALL = Stack(automatic=True, codes=True)
CART = CartSums(amount=10_000, pieces=3, delivery=400)


def percent(number: int, id_: str, stack: Stack = ALONE) -> Candidate:
    """One that applies by itself."""
    return Candidate(id_, id_, Worth(hundredths=number * 100), stack=stack)


def voucher(amount: int, code: str, stack: Stack = ALONE, requires: Requires | None = None) -> Candidate:
    """One that was issued."""
    return Candidate(code, code, Worth(amount=amount), requires, stack, code)


def ids(combination: Combination) -> list[str]:
    return [each.id for each in combination.used]


def test_nothing_to_use() -> None:
    found = quote([], CART)
    assert (found.best.used, found.best.total, found.others) == ((), 0, ())


def test_the_better_of_two_that_exclude_each_other() -> None:
    found = quote([percent(5, "five"), voucher(700, "seven")], CART)
    assert (ids(found.best), found.best.off) == (["seven"], 700)
    assert [ids(other) for other in found.others] == [["five"], []]


def test_both_where_each_allows_the_other() -> None:
    found = quote([percent(5, "five", Stack(codes=True)), voucher(700, "seven", Stack(automatic=True))], CART)
    assert (ids(found.best), found.best.off) == (["five", "seven"], 1_200)
    assert [ids(other) for other in found.others] == [["seven"], ["five"], []]


def test_one_side_is_not_enough() -> None:
    assert ids(quote([percent(5, "five", ALL), voucher(700, "seven")], CART).best) == ["seven"]


def test_one_large_one_against_several_small_ones() -> None:
    small = [percent(4, f"four-{n}", Stack(automatic=True)) for n in range(3)]
    assert quote([*small, voucher(1_199, "large")], CART).best.off == 1_200
    assert ids(quote([*small, voucher(1_201, "large")], CART).best) == ["large"]


def test_what_the_cart_names_comes_first_among_equals() -> None:
    two = [voucher(500, "a"), voucher(500, "b")]
    assert ids(quote(two, CART).best) == ["a"]
    named = CartSums(10_000, 3, 400, frozenset({"b"}))
    assert (ids(quote(two, named).best), quote(two, named).best.named) == (["b"], 1)
    assert ids(quote([*two, voucher(501, "c")], named).best) == ["c"]


def test_a_voucher_that_takes_nothing_more_off_is_kept_unless_it_is_named() -> None:
    three = [voucher(amount, str(amount), ALL) for amount in (6_000, 7_000, 8_000)]
    assert ids(quote(three, CART).best) == ["7000", "8000"]
    assert ids(quote(three, CartSums(10_000, 3, 0, frozenset({"6000"}))).best) == ["6000", "8000"]


def test_no_more_is_taken_off_than_the_lines_come_to() -> None:
    found = quote([voucher(12_000, "large")], CART)
    assert (found.best.off, found.best.delivery) == (10_000, 0)


def test_delivery_is_free_once() -> None:
    free = [Candidate(id_, id_, Worth(delivery=True), stack=ALL, code=id_) for id_ in "ab"]
    found = quote([*free, voucher(300, "v", ALL)], CART)
    assert (ids(found.best), found.best.off, found.best.delivery) == (["b", "v"], 300, 400)
    assert quote(free, CartSums(10_000, 3)).best.used == ()


@pytest.mark.parametrize(
    ("requires", "met"),
    [
        (Requires(min_amount=10_000), True),
        (Requires(min_amount=10_001), False),
        (Requires(min_quantity=3), True),
        (Requires(min_quantity=4), False),
    ],
)
def test_what_is_required_is_of_the_lines(requires: Requires, met: bool) -> None:
    assert bool(quote([voucher(5, "v", requires=requires)], CART).best.used) is met


def test_a_part_is_rounded_down() -> None:
    assert quote([percent(5, "five")], CartSums(199, 1)).best.off == 9


def test_how_much_is_looked_at_is_bounded() -> None:
    many = [voucher(number + 1, f"{number:03}") for number in range(CANDIDATES_MAX)]
    assert len(quote(many, CART).others) == OTHERS_MAX
    with pytest.raises(TooMany, match="at most 256"):
        quote([*many, voucher(1, "more")], CART)


STACKS = st.builds(Stack, automatic=st.booleans(), codes=st.booleans())
WORTHS = st.one_of(
    st.builds(Worth, hundredths=st.integers(1, 4_000)),
    st.builds(Worth, amount=st.integers(1, 60)),
    st.just(Worth(delivery=True)),
)
REQUIRED = st.one_of(
    st.none(), st.builds(Requires, min_amount=st.integers(1, 120)), st.builds(Requires, min_quantity=st.integers(1, 4))
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Candidate], CartSums]:
    candidates = []
    for number in range(draw(st.integers(0, 7))):
        code = draw(st.sampled_from([None, f"c{number}"]))
        candidates.append(Candidate(str(number), "", draw(WORTHS), draw(REQUIRED), draw(STACKS), code))
    codes = frozenset(draw(st.sets(st.sampled_from([f"c{number}" for number in range(7)]))))
    return candidates, CartSums(draw(st.integers(0, 150)), draw(st.integers(0, 4)), draw(st.integers(0, 30)), codes)


def off_lines(each: Candidate, cart: CartSums) -> int:
    return min(cart.amount, cart.amount * each.worth.hundredths // 10_000 + each.worth.amount)


def is_usable(each: Candidate, cart: CartSums) -> bool:
    """Whether its requirement is met, and it takes something off by itself."""
    least = each.requires or Requires()
    is_met = cart.amount >= (least.min_amount or 0) and cart.pieces >= (least.min_quantity or 0)
    return is_met and bool(off_lines(each, cart) or (each.worth.delivery and cart.delivery))


def every_permitted(candidates: list[Candidate], cart: CartSums) -> list[tuple[int, int, frozenset[str]]]:
    """Of every combination: what it takes off, how many of it are named, and its ids."""
    found = []
    usable = [each for each in candidates if is_usable(each, cart)]
    for some in chain.from_iterable(combinations(usable, count) for count in range(len(usable) + 1)):
        pairs = [(one, other) for one in some for other in some if one is not other]
        if all(one.stack.codes if other.coded else one.stack.automatic for one, other in pairs):
            off = min(sum(off_lines(each, cart) for each in some), cart.amount)
            free = cart.delivery if any(each.worth.delivery for each in some) else 0
            found.append((off + free, sum(each.code in cart.codes for each in some), frozenset(each.id for each in some)))
    return found


@examples(600)
@given(cases())
def test_no_permitted_combination_is_better(case: tuple[list[Candidate], CartSums]) -> None:
    candidates, cart = case
    permitted = every_permitted(candidates, cart)
    by_ids = {used: total for total, _, used in permitted}
    found = quote(candidates, cart)
    best_total = max(total for total, _, _ in permitted)
    assert found.best.total == best_total
    assert found.best.named == max(named for total, named, _ in permitted if total == best_total)
    for each in (found.best, *found.others):
        assert by_ids[frozenset(ids(each))] == each.total
    totals = [each.total for each in (found.best, *found.others)]
    assert totals == sorted(totals, reverse=True)
    # Nothing is used for nothing, unless it is named.
    for each in found.best.used:
        if each.code not in cart.codes:
            assert by_ids[frozenset(ids(found.best)) - {each.id}] < best_total
    # Everything that takes something off can be chosen.
    shown = {id_ for each in (found.best, *found.others) for id_ in ids(each)}
    assert shown == {id_ for total, _, used in permitted if len(used) == 1 and total for id_ in used}
