"""The settings of a local Kafka: one node in KRaft mode that is broker and controller in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtools.certificates import Certificates

HOST = "127.0.0.1"
NODE = "1"


@dataclass(frozen=True)
class Login:
    """A user that the SASL listener knows (SASL_PLAINTEXT, mechanism PLAIN)."""

    user: str
    password: str


@dataclass(frozen=True)
class Listeners:
    """The broker's ports on the loopback; sasl and tls are None where there is no listener with a password, or with certificates."""

    plain: int
    controller: int
    sasl: int | None = None
    tls: int | None = None


# Small and prompt, as one developer's machine or a test wants it; nothing here changes what the broker promises.
_SINGLE_NODE = {
    "process.roles": "broker,controller",
    "node.id": NODE,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAIN",
    "listener.security.protocol.map": "PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL",
    # A topic exists because `tidemark topics` made it, with its partitions and its compaction, never by a typing error.
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # After a kill -9 the new broker is let in once the session of the old one has passed. Were it much shorter, a broker on a busy machine
    # would be taken for dead, and all its partitions be without a leader.
    "broker.heartbeat.interval.ms": "1000",
    "broker.session.timeout.ms": "6000",
    "log.cleaner.backoff.ms": "1000",
}


def _tls(certificates: Certificates) -> dict[str, str]:
    """Clients must show a certificate of the same authority."""
    return {
        "keystore.type": "PEM",
        "keystore.location": str(certificates.server),
        "truststore.type": "PEM",
        "truststore.location": str(certificates.authority),
        "client.auth": "required",
    }


def server_properties(
    data: Path,
    listeners: Listeners,
    login: Login | None = None,
    certificates: Certificates | None = None,
    extra: Mapping[str, str] | None = None,
) -> str:
    """A server.properties for Kafka 4; extra settings come last and win.

    Raises ValueError for a SASL port without a login, or the other way round; so for TLS and certificates.
    """
    if (listeners.tls is None) != (certificates is None):
        raise ValueError("a TLS listener needs a port and certificates, both")
    if (listeners.sasl is None) != (login is None):
        raise ValueError("a SASL listener needs a port and a login, both")
    endpoints = [f"PLAIN://{HOST}:{listeners.plain}", f"CONTROLLER://{HOST}:{listeners.controller}"]
    settings = dict(_SINGLE_NODE)
    if login is not None:
        endpoints.append(f"SASL://{HOST}:{listeners.sasl}")
        settings["sasl.enabled.mechanisms"] = "PLAIN"
        settings["listener.name.sasl.plain.sasl.jaas.config"] = (
            f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{login.user}="{login.password}";'
        )
    if certificates is not None:
        endpoints.append(f"TLS://{HOST}:{listeners.tls}")
        for name, value in _tls(certificates).items():
            settings[f"listener.name.tls.ssl.{name}"] = value
    settings["listeners"] = ",".join(endpoints)
    settings["controller.quorum.voters"] = f"{NODE}@{HOST}:{listeners.controller}"
    settings["log.dirs"] = str(data)
    settings.update(extra or {})
    return "".join(f"{name}={value}\n" for name, value in settings.items())
