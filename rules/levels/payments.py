"""A payment for a level (spec 1.9, 3.4)."""

from __future__ import annotations

from rules.documents.payment import LevelPayment
from rules.documents.validity import InvalidDocument
from rules.levels.cause import Case
from rules.levels.kept import Standing
from rules.levels.paid import pay, price_of
from rules.levels.settling import end_until, settle
from rules.levels.upgrades import gain, give_to_payer
from rules.refused import Refused
from rules.rulebook.compiled.level import CompiledLevel
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms


def paid_level(payment: LevelPayment, rulebook: Rulebook, registered_us: int, now_ms: int) -> tuple[CompiledProgram, CompiledLevel]:
    """The program and the level that are paid for, by the version that holds now for who was registered then. Raises InvalidDocument where
    there are none such.
    """
    code = rulebook.default_program(now_ms) if payment.program is None else payment.program
    program = None if code is None else rulebook.program_for(registered_us, code, now_ms)
    if program is None:
        raise InvalidDocument("/program", f"there is no program {code!r}; publish it first, or mend the code")
    level = program.level(payment.level)
    if level is None:
        raise InvalidDocument("/level", f"program {program.code} has no level {payment.level!r}")
    if not level.paid_for or not level.enabled:
        raise InvalidDocument("/level", f"level {level.code} is {'disabled' if level.paid_for else 'basic'}: nobody can pay for it")
    if payment.currency != program.currency:
        raise InvalidDocument(
            "/currency", f"expected {program.currency}, as program {program.code} is in; got {payment.currency!r}"
        )
    if program.level(payment.from_level) is None and payment.from_level is not None:
        raise InvalidDocument("/from_level", f"program {program.code} has no level {payment.from_level!r}")
    return program, level


def check_price(program: CompiledProgram, level: CompiledLevel, payment: LevelPayment) -> None:
    """Raises Refused where the amount is not what the level costs."""
    price = price_of(program, level, payment.from_level)
    if payment.amount != price:
        held = "no level" if payment.from_level is None else f"level {payment.from_level}"
        problem = "it cannot be bought" if price is None else f"expected {price}, its price"
        raise Refused("wrong_amount", f"{problem} for who holds {held}; got {payment.amount}", "/amount")


def apply_payment(case: Case, level: CompiledLevel) -> None:
    """Has a level paid for, as of the cause's time."""
    program, membership, cause = case.program, case.membership, case.cause
    standing = membership.standing
    if standing is None:
        standing = membership.standing = Standing()
    paid_ms = epoch_ms(cause.occurred_at)
    if standing.next_end_ms <= paid_ms:
        # It is of a time that the clock has not reached.
        end_until(case, paid_ms)
    is_first = pay(program, standing, level, program.days.day_of(paid_ms), cause.now_ms)
    place = f"{program.code}/{level.code}"
    gains = case.member.gained.get(place, 0)
    settle(case, paid_level=level.code)
    if not is_first or program.off or membership.left:
        return
    if level.threshold is None and case.member.gained.get(place, 0) == gains:
        # A higher one is held, or this as what a disabled one is; or it came so late that its term is over: it is gained all the same.
        gain(case, level.code)
    give_to_payer(case, level.code)
