"""A broker that speaks TLS and asks for a certificate: every client of ours is let in, and says what is wrong where it is not."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from broker.client.connection import Connection, Tls, WrongCertificate
from devtools.certificates import KEY_PASSWORD, Certificates
from devtools.kafka import Kafka
from tests.command import tidemark
from tests.crash.pipeline import until
from tests.oracle.examples import program
from tests.services.worker_process import WorkerProcess
from tidemark import cli


def settings_of(server: Kafka, prefix: str, certificates: Certificates) -> dict[str, str]:
    return {
        "brokers": server.tls_bootstrap,
        "prefix": prefix,
        "partitions": "1",
        "start_deadline_ms": "0",
        "kafka_tls": "true",
        "kafka_ca_file": str(certificates.authority),
        "kafka_certificate_file": str(certificates.client),
        "kafka_key_file": str(certificates.client_key),
        "kafka_key_password": KEY_PASSWORD,
    }


@pytest.mark.kafka
@pytest.mark.slow
def test_who_shows_a_certificate_is_let_in_and_others_are_told(
    kafka: Kafka, prefix: str, certificates: Certificates, tmp_path: Path
) -> None:
    right = settings_of(kafka, prefix, certificates)
    (tmp_path / "classic.json").write_text(json.dumps(program(1_000)))
    # Confluent's client, aiokafka's, and a worker with all that Faust brings.
    ran = tidemark("topics", **right)
    assert ran.returncode == 0, ran.stderr
    ran = tidemark("publish", tmp_path / "classic.json", **right)
    assert ran.returncode == 0, ran.stderr
    worker = aggregating(right, tmp_path / "worker.log")
    try:
        until(lambda: "partition_taken" in worker.log.read_text(), "the worker has its partition")
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0
    finally:
        worker.kill()

    ours = {
        name: value
        for name, value in right.items()
        if name not in ("kafka_certificate_file", "kafka_key_file", "kafka_key_password")
    }
    ran = tidemark("topics", **ours)
    assert ran.returncode == 1 and "one that wants a certificate needs TIDEMARK_KAFKA_CERTIFICATE_FILE" in ran.stderr
    ran = tidemark("topics", **{name: value for name, value in right.items() if name != "kafka_ca_file"})
    assert ran.returncode == 1 and "check TIDEMARK_KAFKA_CA_FILE" in ran.stderr and "Traceback" not in ran.stderr
    ran = tidemark("topics", **right | {"kafka_key_password": "another"})
    assert ran.returncode == 1 and "TIDEMARK_KAFKA_KEY_PASSWORD" in ran.stderr and "another" not in ran.stderr


def aggregating(settings: dict[str, str], log: Path) -> WorkerProcess:
    return WorkerProcess(cli.main, ["aggregate"], {f"TIDEMARK_{name.upper()}": value for name, value in settings.items()}, log)


def test_a_file_that_is_no_certificate_is_named(certificates: Certificates, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("no certificate")
    with pytest.raises(WrongCertificate, match=r"TIDEMARK_KAFKA_CA_FILE: .*nothing\.pem"):
        Tls(ca_file=str(nothing)).context  # noqa: B018
    with pytest.raises(WrongCertificate, match=r"TIDEMARK_KAFKA_CERTIFICATE_FILE, .*the key in it"):
        Tls(certificate_file=str(certificates.client)).context  # noqa: B018


@pytest.mark.parametrize(
    ("connection", "clear"),
    [
        (Connection("b:1", "shop", "p"), True),
        (Connection("b:1", "shop", "p", "SCRAM-SHA-512"), False),
        (Connection("b:1", "shop", "p", tls=Tls()), False),
        (Connection("b:1"), False),
    ],
)
def test_a_password_that_goes_over_the_network_as_it_is_is_warned_of(connection: Connection, clear: bool) -> None:
    assert (connection.in_the_clear() is not None) is clear
