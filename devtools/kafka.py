"""A real Apache Kafka on this machine without Docker, from the jars that `make kafka-jars` fetches; also `make kafka`."""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from devtools.certificates import Certificates
from devtools.kafka_classes import make_class_archive, mapped
from devtools.kafka_properties import HOST, NODE, Listeners, Login, server_properties
from devtools.kafka_storage import make_storage, new_id
from devtools.local_server import LocalServer
from devtools.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent
JARS = ROOT / ".build" / "kafka"
CLASSES = JARS / "classes.jsa"

# Tests start brokers often and load them little: the first compiler tier and the serial collector start fastest.
_PLAIN = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
QUICK_START = (*_PLAIN, mapped(CLASSES))
# As Kafka's own scripts run it, for benchmarks.
THROUGHPUT = ("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35")


def missing() -> str | None:
    """What a local Kafka needs and this machine lacks, with how to get it; None when all is there."""
    if shutil.which("java") is None:
        return "Kafka needs Java 17 or later: install a JRE (Debian: apt-get install default-jre-headless)"
    if not any(JARS.glob("kafka_*.jar")):
        return "Kafka's jars are not in .build/kafka: run `make kafka-jars` (needs Maven: apt-get install maven)"
    return None


class Kafka(LocalServer):
    """One broker. login opens a second listener that asks for a user and a password, certificates one of
    TLS that asks for a client's; settings are added to server.properties. Its data are in its folder, or in `data`."""

    name = "Kafka"
    start_seconds = 120
    stop_seconds = 20

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        cluster_id: str | None = None,
        login: Login | None = None,
        certificates: Certificates | None = None,
        cpus: str | None = None,
        jvm: Sequence[str] = QUICK_START,
        settings: Mapping[str, str] | None = None,
        data: Path | None = None,
    ) -> None:
        self.folder = folder
        self.data = data or folder / "data"
        self._cluster_id = cluster_id or new_id()
        self._properties = folder / "server.properties"
        plain, controller, sasl, tls = free_ports(4)
        self._listeners = Listeners(
            port or plain, controller_port or controller, None if login is None else sasl, None if certificates is None else tls
        )
        self._login = login
        self._certificates = certificates
        self._settings = settings
        self._jvm = jvm
        super().__init__(folder, [*_java(jvm), "kafka.Kafka", str(self._properties)], cpus)

    @property
    def bootstrap(self) -> str:
        """host:port of the listener without a password."""
        return f"{HOST}:{self._listeners.plain}"

    @property
    def sasl_bootstrap(self) -> str:
        """host:port of the listener that asks for the login. Raises RuntimeError when there is none."""
        if self._listeners.sasl is None:
            raise RuntimeError("this Kafka was made without a login")
        return f"{HOST}:{self._listeners.sasl}"

    @property
    def tls_bootstrap(self) -> str:
        """host:port of the listener that asks for a certificate. Raises RuntimeError when there is none."""
        if self._listeners.tls is None:
            raise RuntimeError("this Kafka was made without certificates")
        return f"{HOST}:{self._listeners.tls}"

    def prepare(self) -> None:
        """Writes its settings, and formats its storage where that is new. Raises RuntimeError when Java or the jars are missing."""
        if lack := missing():
            raise RuntimeError(lack)
        self._properties.write_text(server_properties(self.data, self._listeners, self._login, self._certificates, self._settings))
        if not (self.data / "meta.properties").exists():
            node = (self._settings or {}).get("node.id", NODE)
            make_storage(self.data, self._cluster_id, node, JARS / "formatted", _java(_PLAIN))
        if mapped(CLASSES) in self._jvm:
            make_class_archive(CLASSES, lambda folder, option: Kafka(folder, jvm=(*_PLAIN, option)))

    def answers(self) -> bool:
        """True once it hands out metadata with itself in it: a socket that is open is not yet a broker."""
        try:
            socket.create_connection((HOST, self._listeners.plain), timeout=1).close()
        except OSError:
            return False
        # Loud by default about every attempt that fails while the broker is still on its way.
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return len(admin.list_topics(timeout=5).brokers) == 1
        except KafkaException:
            return False


def _java(options: Sequence[str]) -> list[str]:
    log = f"-Dlog4j2.configurationFile={ROOT / 'devtools' / 'log4j2.xml'}"
    return ["java", *options, log, "-cp", f"{JARS}/*"]


def main() -> None:
    """Run a broker in the foreground until it is told to stop; its data stay in the folder."""
    parser = argparse.ArgumentParser(prog="devtools.kafka", description=main.__doc__)
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", type=Path, default=ROOT / ".build" / "kafka-data")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's stop is a Ctrl-C
    began = time.monotonic()
    try:
        with Kafka(options.data.resolve(), port=options.port, jvm=THROUGHPUT) as kafka:
            print(f"Kafka is up on {kafka.bootstrap} after {time.monotonic() - began:.1f} s. Ctrl-C stops it.")
            print(f"  data and log   {options.data} (kept; delete the folder to start anew)")
            print("  topics         are not made by themselves: make them with `tidemark topics`")
            print(f"  use it         export TIDEMARK_BROKERS={kafka.bootstrap}; .venv/bin/tidemark topics", flush=True)
            raise SystemExit(f"Kafka ended by itself with code {kafka.process.wait()}; see {options.data}/kafka.log")
    except KeyboardInterrupt:
        print("\nKafka is stopped")


if __name__ == "__main__":
    main()
