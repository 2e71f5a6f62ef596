"""Connections to Kafka, and what to say when there is none."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.conn import create_conn
from aiokafka.errors import AuthenticationFailedError, KafkaConnectionError, KafkaError, SaslAuthenticationFailed

PASSWORD_HINT = "a broker that wants a password needs TIDEMARK_KAFKA_USERNAME and TIDEMARK_KAFKA_PASSWORD"


class BrokerUnavailable(Exception):
    """No broker could be reached, or none let us in; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the brokers are and how to get in. `servers`: host:port,…; SASL is used where a username is given."""

    servers: str
    username: str | None = None
    password: str | None = None
    mechanism: str = "PLAIN"
    tls: bool = False
    request_timeout_ms: int = 20_000

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments that aiokafka's clients take."""
        protocol = ("SASL_SSL" if self.tls else "SASL_PLAINTEXT") if self.username else ("SSL" if self.tls else "PLAINTEXT")
        return {
            "bootstrap_servers": self.servers.split(","),
            "security_protocol": protocol,
            "ssl_context": ssl.create_default_context() if self.tls else None,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
            "request_timeout_ms": self.request_timeout_ms,
        }


async def open_client(connection: Connection, client_id: str) -> AIOKafkaClient:
    """A client with the cluster's metadata read. Raises BrokerUnavailable."""
    client = AIOKafkaClient(client_id=client_id, metadata_max_age_ms=60_000, **connection.arguments())
    try:
        await client.bootstrap()
    except KafkaConnectionError as error:
        await client.close()
        reason = await why_not(connection)
        raise BrokerUnavailable(
            reason or f"the broker at {connection.servers} did not give its metadata: {PASSWORD_HINT}"
        ) from error
    return client


async def why_not(connection: Connection) -> str | None:
    """What to do where no broker lets us in, each of `servers` being asked once; None where one does.

    The clients themselves only say that they could not connect.
    """
    arguments = connection.arguments()
    del arguments["bootstrap_servers"]
    said = ""
    for server in connection.servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            probe = await create_conn(host, int(port), client_id="tidemark-probe", **arguments)
        except (AuthenticationFailedError, SaslAuthenticationFailed) as error:
            return (
                f"the broker at {server} refused the user {connection.username!r} ({error}): "
                "check TIDEMARK_KAFKA_USERNAME, TIDEMARK_KAFKA_PASSWORD and TIDEMARK_KAFKA_MECHANISM"
            )
        except (OSError, TimeoutError, KafkaError, ValueError) as error:
            said = str(error) or type(error).__name__
        else:
            probe.close()
            return None
    return (
        f"no broker answers at {connection.servers} ({said}): start one (make kafka), or set TIDEMARK_BROKERS to host:port,… "
        f"of one that runs; {PASSWORD_HINT}"
    )
