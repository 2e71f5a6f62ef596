"""Another choice than the best, made at a till: by whom, allowed by a PIN, and recorded (spec 3.10)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import msgspec

from rules.benefits.cart import Cart
from rules.benefits.chosen import BenefitsChosen
from rules.times import iso
from sinks.topics.outputs import Outputs
from streams.topics import CHOICES
from tidemark.members.sending import sending
from tidemark.quoting.pins import check_pin, read_pins
from tidemark.quoting.quoting import Choice, Quoted
from tidemark.settings.settings import Settings

_encode = msgspec.json.Encoder().encode


class NoSuchChoice(Exception):
    """The message says which there are."""


def choice_of(quoted: Quoted, number: int) -> Choice:
    """The n-th. Raises NoSuchChoice."""
    choices = quoted.choices()
    if not 1 <= number <= len(choices):
        raise NoSuchChoice(f"--choose: expected a choice from 1 to {len(choices)}, got {number}")
    return choices[number - 1]


async def allow(settings: Settings, cart: Cart, quoted: Quoted, choice: Choice, by: str, pin: str) -> BenefitsChosen:
    """Records a choice at a till, which a PIN allows. Raises PinsUnreadable, PinRefused, SinkDown, BrokerUnavailable, WriteFailed."""
    attempts = settings.pin_attempts_counted()
    try:
        await check_pin(by, pin, read_pins(settings.pins_file), attempts)
    finally:
        await attempts.close()
    chosen = BenefitsChosen(
        uuid.uuid4().hex,
        cart.member_id,
        by,
        iso(datetime.now(UTC)),
        cart.store_id,
        cart.terminal_id,
        quoted.currency,
        quoted.amount,
        [each.id for each in choice.used],
        choice.total,
        [each.id for each in quoted.best.used],
        quoted.best.total,
    )
    topic = settings.prefix + CHOICES
    async with sending(settings, [topic]) as to:
        partition = to.partition(topic, cart.member_id or "")
        outputs = Outputs("quote", partition, 0)
        outputs.put(CHOICES, chosen.choice_id, cart.member_id or "", _encode(chosen))
        await to.send(topic, partition, outputs.by_topic[CHOICES])
    return chosen
