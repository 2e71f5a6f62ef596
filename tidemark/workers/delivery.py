"""The sinks that there are, and the worker that delivers to one of them, put together of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient

from agents.delivery.again import Again
from agents.delivery.decode import Decode
from agents.delivery.delivery import Delivery, Told
from agents.delivery.giving import Giving
from agents.ownership.ownership import Ownership
from agents.turns.committer import Committer
from sinks.sink import Sink
from streams.coupons import coupons_of_grant, coupons_of_release
from streams.departures import decode_departure
from streams.figures import decode_additions
from streams.grants import decode_grant, decode_release
from streams.notices import notices_by_mini_program, notices_by_sms
from streams.topics import (
    COUPON_SERVICE_CHANGELOG,
    DELIVER_CHANGELOG,
    DEPARTURES,
    FIGURES,
    FIGURES_CHANGELOG,
    GIFTS,
    MINI_PROGRAM_CHANGELOG,
    NOTIFICATIONS,
    RELEASES,
    SMS_CHANGELOG,
)
from tidemark.settings.settings import Settings
from tidemark.workers.group_worker import Agent, App, GroupWorker, WorkerOptions


class Route(NamedTuple):
    """The way to a sink: its group and changelog, which no other sink has; by source topic, what a record holds for it; how it is made.

    `told`: whether each attempt is told on `deliveries`, as of what members are given.
    """

    group: str
    changelog: str
    decode: Mapping[str, Decode[Any]]
    make: Callable[[Settings], Sink[Any]]
    told: bool = True


# A new sink is a line here, and its changelog's in streams/topics.py.
SINKS: dict[str, Route] = {
    "wallet": Route(
        "deliver", DELIVER_CHANGELOG, {GIFTS: decode_grant, RELEASES: decode_release, DEPARTURES: decode_departure}, Settings.wallet
    ),
    "coupon_service": Route(
        "deliver-coupon-service",
        COUPON_SERVICE_CHANGELOG,
        {GIFTS: coupons_of_grant, RELEASES: coupons_of_release},
        Settings.coupon_service,
    ),
    "mini_program": Route(
        "deliver-mini-program", MINI_PROGRAM_CHANGELOG, {NOTIFICATIONS: notices_by_mini_program}, Settings.mini_program
    ),
    "sms": Route("deliver-sms", SMS_CHANGELOG, {NOTIFICATIONS: notices_by_sms}, Settings.sms),
    "figures": Route("figures", FIGURES_CHANGELOG, {FIGURES: decode_additions}, Settings.live_figures, told=False),
}


class DeliveryWorker(GroupWorker):
    """Grants in, a sink out."""

    def __init__(self, settings: Settings, options: WorkerOptions, sink: str = "wallet") -> None:
        super().__init__(settings, options)
        self._name = sink
        self._route = SINKS[sink]
        self.app = App(self._route.group, self._route.changelog, tuple(self._route.decode))
        # None until the worker is prepared: it may be stopped before.
        self._sink: Sink[Any] | None = None

    async def prepare(self) -> None:
        """Looks at the sink. Raises SinkRefusesUs where it does not let us in; one that does not answer is waited for later."""
        sink = self._sink = self._route.make(self.settings)
        await sink.look()

    def agent(self, ownership: Ownership, committer: Committer) -> Agent:
        """Gives what arrives to the sink."""
        assert self._sink is not None
        delivering = self.settings.delivering()
        giving = Giving(self._name, self._sink, delivering, self.options.probe)
        again = Again(
            self._client_again, self.settings.prefix, self._route.decode, delivering, self.settings.write_deadline_ms / 1000
        )
        told = Told(self._name, self.app.name) if self._route.told else None
        delivery = Delivery(ownership, committer, giving, self._route.decode, delivering, self.took, self.generation, again, told)
        self.beside(delivery.catch_up())
        return delivery.run

    async def _client_again(self) -> AIOKafkaClient:
        """To read what stood before; made when that is needed."""
        return await self.client("again", list(self._route.decode))

    async def stop(self) -> None:
        """As every worker; the sink is let go."""
        await super().stop()
        if self._sink is not None:
            await self._sink.close()
