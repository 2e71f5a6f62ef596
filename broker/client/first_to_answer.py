"""Which of the brokers that are named lets us in first, and why the others do not."""

from __future__ import annotations

import asyncio
import ssl
import time

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import AuthenticationFailedError, KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from aiokafka.protocol.metadata import MetadataRequest

from broker.client.connection import BrokerUnavailable, Connection
from broker.client.retries import Backoff, Said

_REFUSED = (AuthenticationFailedError, SaslAuthenticationFailed, UnsupportedSaslMechanismError)


async def first_to_answer(connection: Connection, client_id: str = "tidemark-probe") -> str:
    """Which of `servers` lets us in first, all being tried side by side, again and again for `start_seconds`.

    Raises BrokerUnavailable, with what each said.
    """
    give_up_at = time.monotonic() + connection.start_seconds
    backoff, said = Backoff(), Said("brokers_asked_again")
    while True:
        server, reasons = await _any_of(connection, client_id)
        if server is not None:
            return server
        why = "; ".join(f"{server}: {reason}" for server, reason in reasons.items())
        if time.monotonic() > give_up_at:
            raise BrokerUnavailable(
                f"no broker answers at {connection.servers} ({why}): start one (make kafka), or set TIDEMARK_BROKERS to host:port,… "
                f"of one that runs; {connection.hint}"
            )
        said.warn(reason=why)
        await asyncio.sleep(backoff.seconds())


async def _any_of(connection: Connection, client_id: str) -> tuple[str | None, dict[str, str]]:
    """The first server to answer, or why each did not."""
    tasks = {
        asyncio.create_task(_probe(server.strip(), connection, client_id)): server.strip()
        for server in connection.servers.split(",")
    }
    reasons = {}
    try:
        for done in asyncio.as_completed(list(tasks)):
            server, reason = await done
            if not reason:
                return server, {}
            reasons[server] = reason
        return None, reasons
    finally:
        for task in tasks:
            task.cancel()


async def _probe(server: str, connection: Connection, client_id: str) -> tuple[str, str]:
    """A server, and why it does not let us in; "" where it does. Raises BrokerUnavailable where trying again is of no use."""
    host, _, port = server.rpartition(":")
    found: AIOKafkaConnection | None = None
    try:
        found = await create_conn(
            host, int(port), client_id=client_id, request_timeout_ms=connection.request_timeout_ms, **connection.getting_in()
        )
        await found.send(MetadataRequest([]))
    except _REFUSED as error:
        raise BrokerUnavailable(
            f"the broker at {server} refused the user {connection.username!r} ({error}): "
            "check TIDEMARK_KAFKA_USERNAME, TIDEMARK_KAFKA_PASSWORD and TIDEMARK_KAFKA_MECHANISM"
        ) from error
    except ssl.SSLError as error:
        raise BrokerUnavailable(
            f"no TLS with the broker at {server} ({error}): check TIDEMARK_KAFKA_CA_FILE, TIDEMARK_KAFKA_CERTIFICATE_FILE and "
            "TIDEMARK_KAFKA_KEY_FILE, and whether that port speaks TLS"
        ) from error
    except (OSError, TimeoutError, KafkaError, ValueError) as error:
        return server, words(error)
    finally:
        if found is not None:
            found.close()
    return server, ""


def words(error: BaseException) -> str:
    """What an error says; a time that ran out says nothing."""
    if isinstance(error, TimeoutError):
        return "connected or not, it does not answer"
    return str(error) or type(error).__name__
