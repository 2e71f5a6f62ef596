"""How late it is where nothing comes: by the broker's clock, and only where it is known that nothing came."""

from __future__ import annotations

from agents.turns.watermark import BEHIND_MS, BrokerTime, watermark_ms

BROKER_MS = 1_767_225_600_000


class Monotonic:
    """A worker's own clock, which knows only how much time has passed."""

    def __init__(self) -> None:
        self.seconds = 5_000.0

    def __call__(self) -> float:
        return self.seconds


def test_it_is_as_late_as_the_broker_said_and_time_has_passed() -> None:
    monotonic = Monotonic()
    broker_time = BrokerTime(monotonic)
    assert broker_time.at(monotonic()) is None
    broker_time.heard(BROKER_MS)
    monotonic.seconds += 60
    assert broker_time.at(monotonic()) == BROKER_MS + 60_000
    # What was long under way says nothing: it is later than that.
    broker_time.heard(BROKER_MS + 1)
    assert broker_time.at(monotonic()) == BROKER_MS + 60_000


def test_a_broker_whose_clock_is_set_back_is_followed_in_time() -> None:
    monotonic = Monotonic()
    broker_time = BrokerTime(monotonic)
    broker_time.heard(BROKER_MS + 3_600_000)
    for minute in range(1, 21):
        monotonic.seconds += 60
        broker_time.heard(BROKER_MS + minute * 60_000)
    assert broker_time.at(monotonic()) == BROKER_MS + 20 * 60_000


def test_nothing_is_known_of_a_source_that_has_more_or_was_never_heard_of() -> None:
    monotonic = Monotonic()
    broker_time = BrokerTime(monotonic)
    broker_time.heard(BROKER_MS)
    assert watermark_ms([(7, (7, monotonic())), (3, None)], broker_time) is None
    # A fetch found nothing after 7, and then something came, which is folded by now; nothing was asked since.
    assert watermark_ms([(8, (7, monotonic()))], broker_time) is None


def test_to_whom_no_answer_comes_it_is_not_later() -> None:
    monotonic = Monotonic()
    broker_time = BrokerTime(monotonic)
    broker_time.heard(BROKER_MS)
    answered = monotonic()
    monotonic.seconds += 600
    sources = [(7, (7, answered)), (3, (3, monotonic()))]
    assert watermark_ms(sources, broker_time) == BROKER_MS - BEHIND_MS
