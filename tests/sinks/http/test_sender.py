"""What a target's answers lead to: taken, the dead letters, or sent again, in the order of each member (spec 4.2)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from sinks.http.answers import Again, judged
from sinks.http.circuit import Waiting
from sinks.http.message import message_id
from sinks.http.sender import Failed
from sinks.sink import Refused, SinkDown, Taken
from tests.sinks.conformance.bench import PATIENCE, SECRET
from tests.sinks.http.target import always, by_id, messages, sending


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(*arguments: object, **named: object) -> None:
        asyncio.run(test(*arguments, **named))  # type: ignore[arg-type]

    return run


@in_a_loop
async def test_a_message_is_signed_by_each_secret_and_has_its_key() -> None:
    other = "whsec_" + "b3RoZXJ3" * 4
    async with sending(secrets=f"{SECRET}, {other}\n") as (sender, target):
        assert await sender.give(messages("a/1")) == [Taken.NOW]
        [(headers, body)] = target.sent
    assert headers["idempotency-key"] == headers["webhook-id"] == "a/1"
    assert headers["content-type"] == "application/json"
    for secret in (SECRET, other):
        assert Webhook(secret).verify(body, headers) == {"n": "é"}
    with pytest.raises(Exception, match="No matching signature"):
        Webhook("whsec_" + "bm9ib2R5" * 4).verify(body, headers)


def test_an_id_is_what_a_header_may_hold_and_no_two_are_alike() -> None:
    odd = ["m", "é", "%C3%A9", "a.b", "a%2Eb", "a b", "a\r\nb", "名", "a#1", "m/%2F"]
    ids = [message_id(f"spring/{each}/1", place) for each in odd for place in ("1", "2")]
    assert len(set(ids)) == len(ids)
    assert all(each.isascii() and each.isprintable() and " " not in each and "." not in each for each in ids)
    assert message_id("spring-100/17850/1", "2") == "spring-100/17850/1#2"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 451])
def test_a_refusal_goes_to_the_dead_letters_with_what_was_said_and_what_to_do(status: int) -> None:
    @in_a_loop
    async def work() -> None:
        async with sending() as (sender, target):
            target.answer = always(status, "no such\ncoupon " + "x" * 2_000)
            answer, other = await sender.give(messages("a/1", "b/1"))
            assert isinstance(answer, Refused) and isinstance(other, Refused)
            assert answer.reason == "coupon_service_refused"
            assert f"answered {status} (no such coupon xx" in answer.detail and len(answer.detail) < 1_000
            assert "resend" in answer.detail
            # It is not asked again, and one who refuses is not down.
            assert sorted(target.ids()) == ["a/1", "b/1"]

    work()


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 302, 307, 304, 199 + 400])
def test_what_may_pass_is_tried_again_and_nothing_is_let_go(status: int) -> None:
    @in_a_loop
    async def work() -> None:
        async with sending() as (sender, target):
            target.answer = always(status, location="/elsewhere")
            with pytest.raises(SinkDown, match=str(status)):
                await sender.give(messages("a/1"))
            assert target.ids() == ["a/1"] * PATIENCE.attempts
            target.answer = always(208)
            assert await sender.give(messages("a/1")) == [Taken.BEFORE]

    work()


@in_a_loop
async def test_of_one_member_nothing_overtakes_and_others_go_on() -> None:
    async with sending() as (sender, target):
        target.answer = by_id({"a/2": 500})
        wanted = messages("a/1", "b/1", "a/2", "b/2", "a/3", "c/1")
        with pytest.raises(Failed):
            await sender.give(wanted)
        assert set(target.ids()) == {"a/1", "b/1", "a/2", "b/2", "c/1"}
        target.sent.clear()
        target.answer = always(200)
        assert await sender.give(wanted) == [Taken.NOW] * 6
        # What was answered is not sent again.
        assert target.ids() == ["a/2", "a/3"]


@in_a_loop
async def test_a_refusal_holds_up_nobody_and_is_asked_about_anew_once_it_is_mended() -> None:
    async with sending() as (sender, target):
        target.answer = by_id({"a/1": 422})
        refused, taken = await sender.give(messages("a/1", "a/2"))
        assert isinstance(refused, Refused) and taken is Taken.NOW
        target.answer = always(200, idempotency_replayed="true")
        assert await sender.give(messages("a/1", "a/2")) == [Taken.BEFORE, Taken.BEFORE]


@in_a_loop
async def test_no_more_are_in_flight_than_may_be_and_of_a_member_one() -> None:
    async def slow(request: web.Request, body: bytes) -> web.StreamResponse:
        await asyncio.sleep(0.01)
        return web.Response()

    async with sending(PATIENCE._replace(in_flight=4)) as (sender, target):
        target.answer = slow
        await sender.give(messages(*(f"m{member}/{number}" for number in range(3) for member in range(20))))
        assert target.most_at_once == 4
        target.most_at_once = 0
        await sender.give(messages(*(f"m/{number}" for number in range(10))))
        assert target.most_at_once == 1 and target.ids()[-10:] == [f"m/{number}" for number in range(10)]


@in_a_loop
async def test_a_target_that_fails_is_asked_by_one_message_alone_until_it_is_back() -> None:
    async with sending(PATIENCE._replace(failures=3, open_seconds=5, attempts=1)) as (sender, target):
        target.answer = always(500)
        wanted = messages(*(f"m{number}/1" for number in range(50)))
        with pytest.raises(SinkDown):
            await sender.give(wanted)
        # Those that were in flight before the third had failed; nothing after.
        assert len(target.sent) <= PATIENCE.in_flight + 3
        target.sent.clear()
        with pytest.raises(Waiting, match="asked again in"):
            await sender.give(wanted)
        assert target.sent == []
        for _ in range(2):
            target.clock.now += 5
            with pytest.raises(SinkDown):
                await sender.give(wanted)
        assert len(target.sent) == 2
        target.clock.now += 5
        target.answer = always(200)
        assert await sender.give(wanted) == [Taken.NOW] * 50


@pytest.mark.parametrize("status", [429, 503])
def test_a_target_that_asks_for_time_is_sent_nothing_before_then(status: int) -> None:
    @in_a_loop
    async def work() -> None:
        async with sending(PATIENCE._replace(in_flight=1, most_wait_seconds=60)) as (sender, target):
            target.answer = always(status, retry_after="3600")
            wanted = messages("a/1", "b/1", "c/1")
            for _ in range(3):
                with pytest.raises(Waiting, match="has asked us to wait"):
                    await sender.give(wanted)
            assert target.ids() == ["a/1"]
            # No longer than the setting says.
            target.clock.now += 59
            with pytest.raises(Waiting):
                await sender.give(wanted)
            assert target.ids() == ["a/1"]
            target.clock.now += 1
            target.answer = always(200)
            assert await sender.give(wanted) == [Taken.NOW] * 3

    work()


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0), (" 0 ", 0.0), (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0), ("soon", 1.0), ("-5", 1.0), ("", 1.0), ("1e9", 1.0), ("٣", 1.0),
        (None, 1.0),
    ],
)  # fmt: skip
def test_how_long_it_asks_us_to_wait(said: str | None, seconds: float) -> None:
    target = _target()
    headers = {} if said is None else {"retry-after": said}
    again = judged(target, 429, headers, "", NOW)
    assert isinstance(again, Again) and again.wait_seconds == seconds


@in_a_loop
async def test_what_a_target_answers_with_an_error_for_too_long_is_given_up_and_the_others_are_not() -> None:
    async with sending(PATIENCE._replace(give_up_seconds=60, failures=1_000)) as (sender, target):
        target.answer = by_id({"a/1": 500})
        with pytest.raises(SinkDown):
            await sender.give(messages("a/1", "b/1"))
        target.clock.now += 60
        given_up, taken = await sender.give(messages("a/1", "b/1"))
        assert isinstance(given_up, Refused) and given_up.reason == "coupon_service_failed" and taken is Taken.NOW


@in_a_loop
async def test_one_that_is_away_is_never_given_up() -> None:
    async with sending(PATIENCE._replace(give_up_seconds=60, failures=1_000)) as (sender, target):

        async def cut(request: web.Request, body: bytes) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        target.answer = cut
        for _ in range(3):
            with pytest.raises(SinkDown, match="does not answer"):
                await sender.give(messages("a/1"))
            target.clock.now += 60


@in_a_loop
async def test_an_answer_without_end_is_not_read() -> None:
    async def endless(request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b"x" * 10_000)
            await asyncio.sleep(0)
        return response

    async with sending() as (sender, target):
        target.answer = endless
        assert await sender.give(messages("a/1")) == [Taken.NOW]


def _target() -> object:
    from sinks.http.target import target_of

    return target_of("coupon_service", "TIDEMARK_COUPON_SERVICE", "https://localhost/x", SECRET, plain=False)
