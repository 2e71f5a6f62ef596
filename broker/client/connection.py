"""Connections to Kafka: where the brokers are, how to get in, and how long to wait for them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PASSWORD_HINT = "a broker that wants a password needs TIDEMARK_KAFKA_USERNAME and TIDEMARK_KAFKA_PASSWORD"


class BrokerUnavailable(Exception):
    """No broker could be reached, or none let us in; the message says what to do."""


class WrongCertificate(Exception):
    """A file that TLS needs cannot be used; the message says which, and why."""


@dataclass(frozen=True)
class Tls:
    """`ca_file`: PEM, who may have signed the brokers' certificates; none: whom this machine trusts. `certificate_file` and `key_file`:
    PEM, who we are, where brokers ask; the key may stand in the certificate's file, and may have a password.
    """

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    key_password: str | None = None

    @cached_property
    def context(self) -> ssl.SSLContext:
        """For aiokafka. Raises WrongCertificate."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise WrongCertificate(
                f"TIDEMARK_KAFKA_CA_FILE: {self.ca_file} holds no certificates in PEM that can be read: {error}"
            ) from error
        if self.certificate_file is not None:
            try:
                # A function, as OpenSSL asks on the terminal where it is given none.
                context.load_cert_chain(self.certificate_file, self.key_file, lambda: self.key_password or "")
            except (OSError, ssl.SSLError) as error:
                raise WrongCertificate(
                    f"TIDEMARK_KAFKA_CERTIFICATE_FILE, TIDEMARK_KAFKA_KEY_FILE, TIDEMARK_KAFKA_KEY_PASSWORD: {self.certificate_file} "
                    f"and {self.key_file or 'the key in it'} are no certificate with its key: {error}"
                ) from error
        return context


@dataclass(frozen=True)
class Connection:
    """`servers`: host:port,…; SASL is used where a username is given, TLS where `tls` is.

    `request_timeout_ms`: a broker that has not answered by then is asked again, or another is. `start_seconds`: how long a first answer
    is waited for.
    """

    servers: str
    username: str | None = None
    password: str | None = None
    mechanism: str = "PLAIN"
    tls: Tls | None = None
    request_timeout_ms: int = 4_000
    start_seconds: float = 0.0

    @property
    def protocol(self) -> str:
        """As Kafka's clients call it."""
        if self.username:
            return "SASL_PLAINTEXT" if self.tls is None else "SASL_SSL"
        return "PLAINTEXT" if self.tls is None else "SSL"

    @property
    def hint(self) -> str:
        """What may be missing where a broker closes the connection without a word."""
        if self.tls is not None and self.tls.certificate_file is None:
            return (
                f"{PASSWORD_HINT}; one that wants a certificate needs TIDEMARK_KAFKA_CERTIFICATE_FILE and TIDEMARK_KAFKA_KEY_FILE"
            )
        return PASSWORD_HINT

    def in_the_clear(self) -> str | None:
        """A warning where the password goes over the network as it is."""
        if self.protocol == "SASL_PLAINTEXT" and self.mechanism == "PLAIN":
            return (
                "TIDEMARK_KAFKA_PASSWORD goes over the network in the clear: set TIDEMARK_KAFKA_TLS=true, or a mechanism of SCRAM "
                "(TIDEMARK_KAFKA_MECHANISM)"
            )
        return None

    def getting_in(self) -> dict[str, Any]:
        """The keyword arguments by which an aiokafka connection is let in. Raises WrongCertificate."""
        return {
            "security_protocol": self.protocol,
            "ssl_context": None if self.tls is None else self.tls.context,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }

    def confluent(self) -> dict[str, Any]:
        """The settings of Confluent's clients."""
        settings = {
            "bootstrap.servers": self.servers,
            "security.protocol": self.protocol,
            "log_level": 0,
            "broker.address.family": "v4",
        }
        if self.username:
            settings |= {
                "sasl.mechanisms": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password or "",
            }
        if self.tls is not None:
            files = {
                "ssl.ca.location": self.tls.ca_file,
                "ssl.certificate.location": self.tls.certificate_file,
                "ssl.key.location": self.tls.key_file or self.tls.certificate_file,
                "ssl.key.password": self.tls.key_password,
            }
            settings |= {name: value for name, value in files.items() if value is not None}
        return settings
