"""Every setting, from the environment (TIDEMARK_…) or a file named by TIDEMARK_SETTINGS_FILE, with its default and what it is for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource
from yaml import YAMLError

from agents.delivery.settings import DeliverySettings
from agents.fold.settings import FoldSettings
from agents.readiness import MAX_VIEW_SECONDS, ReadinessSettings
from agents.turns.error_limit import Allowed
from broker.client.connection import Connection, Tls
from broker.wire.codecs import MAX_INFLATED_BYTES
from rules.limits.grant_limits import GrantLimits
from rules.times import DAY_MS
from sinks.urls import without_secrets
from streams.decode import Limits
from streams.topics import FIGURES, ONLINE_ORDERS, POS_ORDERS
from tidemark.settings.http import HttpSettings

if TYPE_CHECKING:
    from sinks.figures.figures import Figures
    from sinks.pins.attempts import Attempts
    from sinks.redis.advice import Address
    from sinks.wallet.wallet import Wallet

_KIB = 1024
_MIB = 1024 * _KIB


class UnreadableSettings(Exception):
    """The settings' file cannot be read; the message says why."""


class Settings(HttpSettings):
    """What `tidemark settings` lists. A list is written with commas."""

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_", extra="forbid", frozen=True)

    brokers: str = Field("localhost:9092", description="Kafka: host:port,…")
    prefix: str = Field("tidemark.", description="put before every topic, group and Redis key")
    partitions: int = Field(8, ge=1, le=10_000, description="partitions of every topic; for life")
    replication: int = Field(1, ge=1, le=10, description="replicas of every topic that `tidemark topics` creates")
    redis_url: str = Field("redis://localhost:6379/0", description="the wallet's Redis: redis://, rediss:// (TLS) or unix://")
    redis_username: str | None = Field(None, description="Redis user, where the URL names none")
    redis_password: SecretStr | None = Field(None, description="Redis password, where the URL has none")
    redis_timeout_ms: int = Field(
        5_000, ge=10, description="Redis must have connected, or answered, by then; else it is tried again"
    )
    redis_batch: int = Field(1_000, ge=1, le=10_000, description="grants applied in one round trip")
    wallet_runs: int = Field(
        1_000, ge=1, le=100_000, description="runs of ordinals without a gap that a wallet remembers of one activity"
    )
    wallet_fields: int = Field(
        10_000,
        ge=1,
        description="activities and levels of which a wallet remembers what was granted; and ends of coupons that it holds",
    )
    figures_minutes_days: int = Field(2, ge=1, description="days for which figures are kept by minute")
    figures_hours_days: int = Field(60, ge=1, description="the same by hour")
    figures_days_days: int = Field(1_100, ge=1, description="the same by day")
    sinks: Annotated[tuple[str, ...], NoDecode] = Field(
        ("wallet",), min_length=1, description="whom `tidemark deliver` delivers to, by name, a worker each"
    )
    pins_file: str | None = Field(
        None, description="who may choose otherwise at a till: lines NAME:HASH, as `tidemark pin NAME` prints them"
    )
    pin_attempts: int = Field(5, ge=1, le=1_000, description="attempts at a name's PIN, of all tills together, in …")
    pin_seconds: int = Field(900, ge=1, description="… so many seconds from the first one")
    deliver_records: int = Field(1_000, ge=1, le=10_000, description="given to a sink in one turn, of one partition")
    deliveries_days: int = Field(
        90, ge=1, le=3650, description="days for which each attempt at a sink is kept, for `tidemark explain`"
    )
    sink_retry_ms: int = Field(100, ge=1, description="pause before a sink that is down is tried again; doubled each time")
    most_sink_retry_ms: int = Field(5_000, ge=1, description="the longest such pause")

    kafka_username: str | None = Field(None, description="SASL user; none: no SASL")
    kafka_password: SecretStr | None = Field(None, description="SASL password")
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field("PLAIN", description="SASL mechanism")
    kafka_tls: bool = Field(False, description="speak TLS with Kafka")
    kafka_ca_file: str | None = Field(None, description="PEM: who signs the brokers' certificates; none: whom this machine trusts")
    kafka_certificate_file: str | None = Field(None, description="PEM: our certificate, where brokers ask for one")
    kafka_key_file: str | None = Field(None, description="PEM: its key, where that is not in the certificate's file")
    kafka_key_password: SecretStr | None = Field(None, description="the key's password, where it has one")
    request_timeout_ms: int = Field(
        4_000, ge=200, le=60_000, description="a broker that has not answered by then is asked again, or another is"
    )
    start_deadline_ms: int = Field(60_000, ge=0, description="a worker that starts waits so long for a broker that answers")

    late_days: int = Field(35, ge=1, le=3650, description="documents may be this late, days of 24 hours (spec 1.5)")
    refund_days: int = Field(180, ge=1, le=3650, description="an order can be refunded this long, days (spec 1.2)")
    keep_days: int = Field(
        400,
        ge=1,
        le=3650,
        description="what counts towards levels is kept by day so long at least, for rules that change (spec 3.6)",
    )
    pos_zone: str | None = Field(
        None, description="of times on pos.orders without an offset, such as Europe/London; none: they are bad input (spec 1.1)"
    )
    online_zone: str | None = Field(None, description="the same of online.orders")
    max_document_bytes: int = Field(_MIB, ge=1, le=7 * _MIB, description="larger documents are bad input (spec 1.6)")
    max_document_lines: int = Field(5_000, ge=1, description="documents of more lines are bad input (spec 1.6)")
    max_grants: int = Field(10_000, ge=1, description="an order owing more grants of one activity is bad input (spec 1.6)")
    max_grants_in_all: int = Field(100_000, ge=1, description="the same of all activities together")
    announce_registrations: bool = Field(False, description="a record on `levels` for each member registered, at no level")
    figures: bool = Field(
        False, description="a record on `figures` for each turn: performance data and live figures (spec 2.7, 4.6)"
    )
    accept_loss: Annotated[tuple[str, ...], NoDecode] = Field((), description="sources whose documents deleted unread are given up")

    fetch_pause_ms: float = Field(2.0, ge=0, description="least time between two fetches: less is sooner, more is cheaper")
    most_fetch_pause_ms: float = Field(8.0, ge=0, description="the same where much comes, so that turns are worth their cost")
    max_fetch_bytes: int = Field(2 * _MIB, ge=_KIB, description="of one fetch, over all partitions")
    max_partition_bytes: int = Field(512 * _KIB, ge=_KIB, description="of one partition in a fetch")
    max_inflated_bytes: int = Field(
        MAX_INFLATED_BYTES,
        ge=_MIB,
        le=512 * _MIB,
        description="of a compressed batch, inflated; one of more goes to the dead letters",
    )
    turn_bytes: int = Field(2 * _MIB, ge=_KIB, le=4 * _MIB, description="of one partition's turn: documents, records and outputs")
    seen_to: int = Field(
        1_000,
        ge=1,
        le=100_000,
        description="members whom timers, changed programs and benefits that were added reach in one turn, at most, some at a "
        "time, between which orders go on; and as many as there are documents",
    )
    asked_grants: int = Field(
        10_000,
        ge=1,
        description="grants of one partition's members that wait for the keeper of a total or a budget that was added later: beyond them "
        "it takes no further documents until half of these are decided",
    )
    held_bytes: int = Field(2 * _MIB, ge=_KIB, le=4 * _MIB, description="of one member's refunds that wait for their orders")
    errors_in_a_row: int = Field(
        1_000, ge=1, description="internal errors in a row, of one partition, beyond which the worker stops"
    )
    errors_ratio: float = Field(0.1, gt=0, le=1, description="the same as a part of the last 10,000 documents; 1: no limit")
    publish_bytes: int = Field(_MIB, ge=_KIB, le=8 * _MIB, description="of one batch of outputs")
    group_commit_ms: int = Field(1000, ge=0, description="least time between two commits of the group's offsets (lag, dashboards)")
    write_deadline_ms: int = Field(60_000, ge=100, description="a write not acknowledged by then ends the worker")
    renew_fence_ms: int = Field(
        12 * 3_600_000,
        ge=1000,
        description="how often an owner's epoch is renewed; less than the broker's producer.id.expiration.ms",
    )
    session_timeout_ms: int = Field(
        12_000, ge=500, description="a silent worker loses its partitions after this; longer than the brokers' own session"
    )
    group_instance_id: str | None = Field(
        None,
        min_length=1,
        max_length=249,
        description="a worker's name in its group: back within a session, it has its partitions still",
    )
    rebalance_timeout_ms: int = Field(30_000, ge=1_000, description="workers have this long to rejoin")

    metrics_host: str = Field("127.0.0.1", description="where Prometheus finds a worker's figures")
    metrics_port: int = Field(0, ge=0, le=65_535, description="0: no figures are served")
    silent_ms: int = Field(30_000, ge=1_000, description="a worker whose brokers answer no fetch for that long is not ready")
    stuck_ms: int = Field(60_000, ge=1_000, description="a worker with records waiting and no turn for that long is not ready")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what a worker logs, at least")

    @field_validator("brokers")
    @classmethod
    def _servers(cls, value: str) -> str:
        for server in value.split(","):
            host, _, port = server.strip().rpartition(":")
            if not (host and port.isdecimal() and 0 < int(port) < 65_536):
                raise ValueError(f"expected host:port,… such as localhost:9092, got {without_secrets(value)!r}")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: str) -> str:
        if value == cls.model_fields["redis_url"].default:
            # Who has nothing to do with Redis does not import its client.
            return value
        from redis.asyncio.connection import Connection as RedisConnection
        from redis.asyncio.connection import parse_url

        # What it says of its own accord may hold what stands where a port should: the end of a password.
        wrong = "expected redis://HOST:PORT/DB, rediss://… (TLS) or unix://PATH, with options that redis-py has"
        try:
            options: dict[str, Any] = {"connection_class": RedisConnection, **parse_url(value)}
            options.pop("connection_class")(**options)
        except (TypeError, ValueError):
            raise ValueError(f"{wrong}; a password with / ? # or @ is better in TIDEMARK_REDIS_PASSWORD") from None
        return value

    @field_validator("pos_zone", "online_zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        try:
            return value and ZoneInfo(value).key
        except (KeyError, ValueError, OSError):
            raise ValueError(f"expected a zone of the IANA database such as Europe/London, got {value!r}") from None

    @field_validator("accept_loss", "sinks", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes before the file."""
        file = os.environ.get("TIDEMARK_SETTINGS_FILE")
        if file is None:
            return init_settings, env_settings
        if not Path(file).is_file():
            raise UnreadableSettings(f"TIDEMARK_SETTINGS_FILE: there is no file {file}")
        try:
            return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=file)
        except (YAMLError, ValueError, TypeError, OSError) as error:
            said = " ".join(str(error).split())
            raise UnreadableSettings(f"TIDEMARK_SETTINGS_FILE: {file} is not YAML of `name: value` lines: {said}") from error

    def connection(self, *, patient: bool = False) -> Connection:
        """How to reach Kafka. `patient`: as a worker, which waits for brokers that are on their way."""
        password = self.kafka_password.get_secret_value() if self.kafka_password else None
        key_password = self.kafka_key_password.get_secret_value() if self.kafka_key_password else None
        tls = Tls(self.kafka_ca_file, self.kafka_certificate_file, self.kafka_key_file, key_password) if self.kafka_tls else None
        start_seconds = self.start_deadline_ms / 1000 if patient else 0.0
        return Connection(
            self.brokers, self.kafka_username, password, self.kafka_mechanism, tls, self.request_timeout_ms, start_seconds
        )

    def wallet(self) -> Wallet:
        """The wallets, in Redis, whose client is imported for it alone: aggregation starts without."""
        from sinks.wallet.script import Memory
        from sinks.wallet.wallet import Wallet

        return Wallet(self._redis(), self.prefix, self.redis_batch, Memory(self.wallet_runs, self.wallet_fields))

    def live_figures(self) -> Figures:
        """The figures, in Redis likewise."""
        from sinks.figures.figures import Figures
        from sinks.figures.periods import Retention

        kept = Retention(self.figures_minutes_days, self.figures_hours_days, self.figures_days_days)
        return Figures(self._redis(), self.prefix, kept, accept_loss=FIGURES in self.accept_loss)

    def pin_attempts_counted(self) -> Attempts:
        """Attempts at PINs, in Redis likewise."""
        from sinks.pins.attempts import Attempts

        return Attempts(self._redis(), self.prefix, self.pin_attempts, self.pin_seconds)

    def _redis(self) -> Address:
        from sinks.redis.advice import Address

        password = self.redis_password.get_secret_value() if self.redis_password else None
        return Address(self.redis_url, self.redis_username, password, self.redis_timeout_ms / 1000)

    def delivering(self) -> DeliverySettings:
        """How sinks are delivered to."""
        return DeliverySettings(
            self.deliver_records, self.max_document_bytes, self.sink_retry_ms / 1000, self.most_sink_retry_ms / 1000
        )

    def folding(self) -> FoldSettings:
        """How documents are judged."""
        return FoldSettings(
            partitions=self.partitions,
            limits=Limits(self.max_document_bytes, self.max_document_lines),
            late_ms=self.late_days * DAY_MS,
            refund_ms=self.refund_days * DAY_MS,
            grant_limits=GrantLimits(self.max_grants, self.max_grants_in_all),
            turn_bytes=self.turn_bytes,
            announce_registrations=self.announce_registrations,
            held_bytes=self.held_bytes,
            asked=self.asked_grants,
            errors=Allowed(self.errors_in_a_row, self.errors_ratio),
            zones=self.zones(),
            figures=self.figures,
            seen_to=self.seen_to,
        )

    def zones(self) -> Mapping[str, ZoneInfo]:
        """Whose clock times without an offset are told by, by feed."""
        named = {POS_ORDERS: self.pos_zone, ONLINE_ORDERS: self.online_zone}
        return {feed: ZoneInfo(zone) for feed, zone in named.items() if zone}

    def readiness(self) -> ReadinessSettings:
        """When a worker says that it is not ready."""
        return ReadinessSettings(self.silent_ms / 1000, self.stuck_ms / 1000, MAX_VIEW_SECONDS)

    def keep_orders_ms(self) -> int:
        """How long orders are kept, and what members have of an activity that is over: as long as a document may be late, and a refund name
        an order.
        """
        return (self.refund_days + self.late_days) * DAY_MS
