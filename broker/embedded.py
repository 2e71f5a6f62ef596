"""The embedded broker: librdkafka's own mock cluster, in a child process. Not durable: gone with the process, and it forgets.

It keeps 5 MiB a partition and drops the oldest without a word, so that whoever writes must stay near its readers (KEPT_BYTES), and
readers must see that no offset is missing. Topics make themselves, with PARTITIONS partitions each; epochs do not fence.
"""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType
from typing import Self

from confluent_kafka import Producer

PARTITIONS = 4
# How far a writer may be ahead of its slowest reader, in a partition.
KEPT_BYTES = 2 * 1024 * 1024

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0


class EmbeddedBroker:
    """A broker for as long as it is entered; it dies with the process that started it."""

    def __init__(self) -> None:
        self.servers = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "broker.embedded"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.servers = self._process.stdout.readline().strip()
        if not self.servers:
            raise RuntimeError("the embedded broker did not start: is confluent-kafka installed (make install)?")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _main() -> None:
    """Serves until standard input is closed."""
    producer = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = producer.list_topics(timeout=_START_SECONDS).brokers.values()
    print(f"{broker.host}:{broker.port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _main()
