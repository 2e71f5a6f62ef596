"""One test's delivery: topics, grants or orders produced, workers, and what the wallets and the commit log hold."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from sinks.wallet.wallet import Balance
from streams.topics import DEAD_LETTERS, DELIVER_CHANGELOG, GIFTS, RELEASES
from tables.layout import HEAD, decode_head
from tests.command import tidemark
from tests.crash.pipeline import NAMED, until
from tests.delivery import ledger
from tests.delivery import worker as delivery_worker
from tests.delivery.grants import Grant, encoded
from tests.services.worker_process import WorkerProcess
from tidemark import cli
from tidemark.settings.settings import Settings

PARTITIONS = 3
# Small turns, so that a flow of some hundred grants has a middle; sessions that are short, and yet not lost by a worker that others keep
# from the machine's cores for a second or two.
_SETTINGS = {
    "SESSION_TIMEOUT_MS": "4000",
    "REBALANCE_TIMEOUT_MS": "12000",
    "FETCH_PAUSE_MS": "20",
    "REDIS_BATCH": "20",
    "DELIVER_RECORDS": "20",
}


class Flow:
    """Under a prefix of its own."""

    def __init__(self, bootstrap: str, redis_url: str, prefix: str, folder: Path) -> None:
        self.prefix = prefix
        self.workers: list[WorkerProcess] = []
        self._folder = folder
        self._redis_url = redis_url
        at = {"BROKERS": bootstrap, "REDIS_URL": redis_url, "PREFIX": prefix, "PARTITIONS": str(PARTITIONS)}
        self._settings = {**_SETTINGS, **at}
        self._producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2", "linger.ms": 2, "log_level": 0})
        code, said = self.tidemark("topics")
        assert code == 0, said
        # Without a group; one for all that is asked, and it is asked often.
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "enable.auto.commit": False, "log_level": 0}
        )

    def tidemark(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """Runs the command line: its exit code and what it printed."""
        done = tidemark(*arguments, **(self._settings | settings))
        return done.returncode, done.stdout + done.stderr

    def produce(self, topic: str, records: Iterable[tuple[str, bytes | None]]) -> None:
        """Records of (member id, value), until the broker has acknowledged them."""
        for key, value in records:
            self._producer.produce(self.prefix + topic, value, key)
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def grant(self, grants: Iterable[Grant]) -> None:
        """Produces grants."""
        self.produce(GIFTS, [(each["member_id"], encoded(each)) for each in grants])

    def worker(self, app: str = "deliver", **settings: str) -> WorkerProcess:
        """Starts a worker."""
        return self._start(cli.main, [app], settings)

    def doomed_worker(self, kill_at: str) -> WorkerProcess:
        """Starts a delivery worker that is killed at `STEP:N`."""
        return self._start(delivery_worker.main, ["--kill-at", kill_at], NAMED)

    def ledger_worker(self, folder: Path, *arguments: str) -> WorkerProcess:
        """Starts a worker that delivers to the ledger in a folder."""
        return self.start(delivery_worker.main, ["--sink", "ledger", *arguments], {ledger.FOLDER: str(folder)})

    def _start(self, main: Callable[[], None], arguments: list[str], settings: dict[str, str]) -> WorkerProcess:
        return self.start(main, arguments, {f"TIDEMARK_{name}": value for name, value in settings.items()})

    def start(self, main: Callable[[], None], arguments: list[str], environment: dict[str, str]) -> WorkerProcess:
        """Starts a worker by its module's `main`; `environment`: settings of its own by their whole names."""
        settings = {f"TIDEMARK_{name}": value for name, value in self._settings.items()}
        log = self._folder / f"worker-{len(self.workers)}.log"
        self.workers.append(WorkerProcess(main, arguments, settings | environment, log))
        return self.workers[-1]

    def kill_child(self, worker: WorkerProcess, sink: str) -> None:
        """kill -9 of the process that a worker of several sinks has for one of them."""
        children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
        [child] = [pid for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == sink]
        os.kill(int(child), signal.SIGKILL)

    def wait_delivered(self, changelog: str = DELIVER_CHANGELOG) -> None:
        """Until all that stands on `gifts` and `releases` is in turns that are committed to a sink's changelog."""
        self._until(lambda: self.delivered(changelog), "everything delivered")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Waits for what takes a worker; fails at once where none is left."""
        self._until(condition, what)

    def delivered(self, changelog: str = DELIVER_CHANGELOG) -> bool:
        """Whether the last committed positions of every partition are the ends of `gifts` and `releases`."""
        positions = {topic: dict.fromkeys(range(PARTITIONS), 0) for topic in (GIFTS, RELEASES)}
        for partition, key, value in self.read(changelog):
            if key == HEAD:
                committed = decode_head(value).positions
                for topic in positions:
                    positions[topic][partition] = committed.get(topic, 0)
        return all(positions[topic] == self.ends(topic) for topic in positions)

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition."""
        return {
            partition: self._consumer.get_watermark_offsets(TopicPartition(self.prefix + topic, partition), timeout=20)[1]
            for partition in range(PARTITIONS)
        }

    def read(self, topic: str) -> list[tuple[int, bytes, bytes]]:
        """All that stands on a topic now: partition, key, value."""
        found = []
        for partition, end in self.ends(topic).items():
            self._consumer.assign([TopicPartition(self.prefix + topic, partition, 0)])
            position = 0
            while position < end:
                for message in self._consumer.consume(1000, 0.05):
                    assert message.error() is None, message.error()
                    position = message.offset() + 1
                    found.append((partition, message.key(), message.value()))
        self._consumer.unassign()
        return found

    def dead_letters(self) -> list[dict[str, Any]]:
        """Those that there are."""
        return [json.loads(value) for _, _, value in self.read(DEAD_LETTERS)]

    def wallets(self, members: Iterable[str]) -> dict[str, Balance]:
        """The wallet of each member, as the product reads it."""
        return asyncio.run(self._wallets(list(members)))

    async def _wallets(self, members: list[str]) -> dict[str, Balance]:
        wallet = Settings(redis_url=self._redis_url, prefix=self.prefix).wallet()
        try:
            return {member: await wallet.balance(member) for member in members}
        finally:
            await wallet.close()

    def log(self, worker: WorkerProcess) -> str:
        """What a worker has logged."""
        return worker.log.read_text(errors="replace")

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        def done() -> bool:
            running = any(worker.is_running() for worker in self.workers)
            met = condition()
            assert met or running, f"no worker runs; waited for: {what}; the last said: {self.log(self.workers[-1])[-2000:]}"
            return met

        until(done, what)

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        self._consumer.close()
