"""One test's pipeline: topics, definitions, documents, workers with faults, and the oracle's verdict."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

from streams.topics import AGGREGATE_CHANGELOG, DEAD_LETTERS, GIFTS, LEVELS, TOPICS
from tests.command import tidemark
from tests.crash import worker as crash_worker
from tests.crash.batches import WhoWrote, batches, written_by_an_earlier_owner
from tests.crash.documents import Document, Sent
from tests.crash.observer import Observer
from tests.crash.state import recovered
from tests.generate import write_definitions
from tests.oracle import replay
from tests.oracle.compare import dead_letter_differences, grant_differences, level_differences, sum_differences
from tests.services.worker_process import WorkerProcess

DEADLINE_SECONDS = 90.0
_POLL_SECONDS = 0.02
# Whoever asks a broker again and again while nothing moves takes the machine from what others wait for.
_MOST_POLL_SECONDS = 0.1

# Small and slow turns, so that a flow of some thousand documents has a middle; sessions that are short, and yet not lost by a worker that
# others keep from the machine's cores for a second or two.
_SETTINGS = {
    "SESSION_TIMEOUT_MS": "4000",
    "REBALANCE_TIMEOUT_MS": "12000",
    "FETCH_PAUSE_MS": "30",
    "MAX_PARTITION_BYTES": "8192",
    "TURN_BYTES": "8192",
    "PUBLISH_BYTES": "16384",
    # Owners renew their epochs in the middle of everything.
    "RENEW_FENCE_MS": "1000",
}

# Where nothing is to happen in the middle any more, how many turns there are shows nothing, and a turn costs broker and worker more than
# what is in it.
_WIDE = {"FETCH_PAUSE_MS": "10", "MAX_PARTITION_BYTES": "131072", "TURN_BYTES": "262144", "PUBLISH_BYTES": "131072"}

# A name in its group. Whoever has it comes after one that was killed without waiting for that one's session to be over.
NAMED = {"GROUP_INSTANCE_ID": "one"}

# For each partition, so that batches are small and the flow has a middle. The producer's own limit of messages in a batch would do
# as much, but its threads spin while there are more batches than may be under way, and starve brokers on the same machine.
_DOCUMENTS_AT_ONCE = 16


def until(condition: Callable[[], bool], what: str, progress: Callable[[], object] = lambda: None) -> None:
    """Waits for a condition. Raises AssertionError past the deadline, which begins anew whenever `progress` is another."""
    seen, give_up_at, pause = progress(), time.monotonic() + DEADLINE_SECONDS, _POLL_SECONDS
    while not condition():
        if (now := progress()) != seen:
            seen, give_up_at, pause = now, time.monotonic() + DEADLINE_SECONDS, _POLL_SECONDS
        assert time.monotonic() < give_up_at, f"not within {DEADLINE_SECONDS} s: {what}"
        time.sleep(pause)
        pause = min(1.2 * pause, _MOST_POLL_SECONDS)


class Pipeline:
    """Under a prefix of its own. `produced` is all that the oracle is told."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, rules: list[Document], partitions: int, **more: str) -> None:
        """`more`: settings."""
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.partitions = partitions
        self.produced: list[bytes] = []
        self.workers: list[WorkerProcess] = []
        self._folder = folder
        self._rules = rules
        self._settings = {**_SETTINGS, "BROKERS": bootstrap, "PREFIX": prefix, "PARTITIONS": str(partitions), **more}
        self._producer = _producer(bootstrap)
        self.tidemark("topics")
        write_definitions(folder / "definitions", rules)
        self.tidemark("publish", str(folder / "definitions"))
        self.observer = Observer(bootstrap, prefix, partitions)

    def tidemark(self, *arguments: str, exit_code: int = 0) -> str:
        """Runs the command line; what it printed."""
        done = tidemark(*arguments, **self._settings)
        assert done.returncode == exit_code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def move_to(self, bootstrap: str) -> None:
        """From now on all of it is on another cluster, to which the topics are yet to be copied."""
        self.observer.close()
        self.bootstrap = self._settings["BROKERS"] = bootstrap
        self._producer = _producer(bootstrap)
        self.observer = Observer(bootstrap, self.prefix, self.partitions)

    def topic_names(self) -> list[str]:
        return [self.prefix + topic.name for topic in TOPICS]

    def produce(self, documents: Sequence[Sent]) -> None:
        """Produces in order, in small batches, and waits until the broker has acknowledged all of it."""
        together = _DOCUMENTS_AT_ONCE * self.partitions
        for at in range(0, len(documents), together):
            for topic, key, value in documents[at : at + together]:
                self._producer.produce(self.prefix + topic, value, key, on_delivery=_delivered)
                self.produced.append(value)
            give_up_at = time.monotonic() + DEADLINE_SECONDS
            while len(self._producer):
                assert time.monotonic() < give_up_at, f"the brokers did not take documents within {DEADLINE_SECONDS} s"
                self._producer.poll(_POLL_SECONDS)

    def worker(self, *faults: str, **settings: str) -> WorkerProcess:
        """Starts a worker; `faults` are arguments of tests.crash.worker, `settings` override."""
        environment = {f"TIDEMARK_{name}": value for name, value in (self._settings | settings).items()}
        self.workers.append(WorkerProcess(crash_worker.main, faults, environment, self._folder / f"worker-{len(self.workers)}.log"))
        return self.workers[-1]

    def wide_worker(self, **settings: str) -> WorkerProcess:
        """Starts a worker that takes all there is in few turns."""
        return self.worker(**(_WIDE | settings))

    def wait_folded(self) -> None:
        """Until everything produced is in committed turns and everything committed is published."""
        self._until(self.observer.folded, "all documents folded, all outputs published")

    def wait_turns(self, more: int) -> None:
        """Until so many turns more were committed than there are now."""
        wanted = self.observer.turns_done() + more
        self._until(lambda: self.observer.turns_done() >= wanted, f"{more} more turns")

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        """Waits for what takes a worker; fails at once where none runs that could do it."""

        def done() -> bool:
            running = any(worker.is_running() for worker in self.workers)
            met = condition()
            assert met or running, f"no worker runs; waited for {what}; the last said: {self.log(self.workers[-1])[-2000:]}"
            return met

        # A busy machine is slow, and not stuck.
        until(done, what, self.observer.seen)

    def in_flow(self) -> bool:
        """Whether there is still something to fold."""
        return not self.observer.folded()

    def assert_exact(self, left_out: Sequence[bytes] = (), more_dead_letters: Sequence[tuple[str, bytes]] = ()) -> None:
        """Everything is as the oracle says, which knows only the input (less what is `left_out`)."""
        self.wait_folded()
        observer = self.observer
        taken = Counter(left_out)
        lines = []
        for line in self.produced:
            if taken[line]:
                taken[line] -= 1
            else:
                lines.append(line)
        expected = replay(lines, self._rules)

        assert grant_differences(expected, observer.values(GIFTS), order_may_differ=True) == []
        levels = observer.latest(LEVELS, lambda value: (value["program"], value["member_id"]))
        rows = [
            {"program": program, "member_id": member_id, "level": levels.get((program, member_id), {"level": None})["level"]}
            for program, member_id in expected.levels
        ]
        assert level_differences(expected, rows) == []
        letters = {
            (each.event_id, letter["reason"], _raw(letter))
            for each, letter in zip(
                [each for each in observer.published if each.topic == DEAD_LETTERS], observer.values(DEAD_LETTERS), strict=True
            )
        }
        expected.dead_letters += more_dead_letters
        assert dead_letter_differences(expected, [(reason, raw) for _, reason, raw in letters]) == []

        state = asyncio.run(recovered(self.bootstrap, self.prefix, self.partitions))
        assert sum_differences(expected.spending, state.spending()) == []
        assert sum_differences(expected.progress, state.progress()) == []
        assert Counter(state.held()) == Counter(expected.held)
        self.assert_in_order()

    def assert_in_order(self) -> None:
        """Every turn was committed once, one after the other, and nothing was published that no turn had committed."""
        observer = self.observer
        for partition, turns in observer.turns.items():
            assert turns == list(range(1, len(turns) + 1)), f"turns of partition {partition}: {turns}"
        for partition, written in self.changelog().items():
            assert written_by_an_earlier_owner(written) == [], f"partition {partition}"
        strays = [each for each in observer.published if each.topic != DEAD_LETTERS and each not in observer.committed]
        assert strays == []

    def changelog(self) -> dict[int, list[WhoWrote]]:
        """Every batch of the changelog, by partition."""
        return asyncio.run(batches(self.bootstrap, self.prefix + AGGREGATE_CHANGELOG, self.partitions))

    def log(self, worker: WorkerProcess) -> str:
        """What a worker has logged; nothing yet where it has just been started."""
        return worker.log.read_text(errors="replace") if worker.log.exists() else ""

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.observer.close()


def _producer(bootstrap: str) -> Producer:
    return Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "partitioner": "murmur2", "linger.ms": 2,
         "message.max.bytes": 4 * 2**20, "log_level": 0, "broker.address.family": "v4",
         "reconnect.backoff.max.ms": 500}
    )  # fmt: skip


def _delivered(error: KafkaError | None, _: Message) -> None:
    assert error is None, error


def exit_code(worker: WorkerProcess) -> int:
    """Waits until a worker has ended; as `subprocess` gives it: below 0 by a signal."""
    until(lambda: not worker.is_running(), "the worker has ended")
    return worker.wait()


def _raw(letter: Document) -> bytes:
    return base64.b64decode(letter["raw_base64"]) if "raw_base64" in letter else str(letter["raw"]).encode()
