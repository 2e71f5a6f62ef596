"""The engines beside each other: how each is started, and what it must give out."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from benchmarks.bench import Bench
from benchmarks.java import classpath
from benchmarks.load import Document
from benchmarks.one_sum import THRESHOLD, expected_gifts
from benchmarks.pipeline_oracle import expected_grants
from benchmarks.places import BUILD, DEFINITIONS, ROOT, STREAMS_STATE
from benchmarks.topics import PARTITIONS, Identity, create_feeds_and_gifts, stamp_gifts_by_broker
from devtools.compiled_tree import TREE
from tidemark.definitions.files import load_definitions

# Of those tried, what served the full rules best: a young generation that the garbage of some seconds fits in.
FULL_RULES_JVM = (
    *("-XX:+UseSerialGC", "-Xms1536m", "-Xmx1536m", "-Xmn640m", "-XX:MaxTenuringThreshold=2", "-XX:-UsePerfData"),
    # A log with times, from which a recovery is read.
    *("-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
)
# Of a command, on a broker that has just started on a busy machine, and does not lead yet what was just made.
TRIES = 3
FULL_RULES_DEFINITIONS = BUILD / "definitions.json"


@dataclass(frozen=True)
class Engine(ABC):
    """An engine: its name in tables, and how long a load it gets.

    A slow engine gets a share only, so that the rounds do not take for ever: its rate does not depend on it.
    """

    # Whether it owes what Tidemark owes.
    full_rules: ClassVar[bool] = True
    # Whether what it puts out is in transactions, which leave marks among the records.
    transactional: ClassVar[bool] = False

    name: str
    share: float = 1.0

    def orders(self, bench: Bench) -> int:
        """How many orders it gets in a throughput run."""
        return int(bench.orders * self.share)

    @abstractmethod
    def prepare(self, brokers: str, prefix: str) -> None:
        """Makes the topics of a run, and whatever else the engine needs before its worker."""

    @abstractmethod
    def command(self) -> list[str]:
        """The worker's command line."""

    @abstractmethod
    def expected(self, documents: Sequence[Document]) -> set[Identity]:
        """The gifts that must come out, from the input alone."""

    def must_be_meant(self, log: Path) -> None:
        """Raises RuntimeError when the worker that wrote the log is another than was meant; peers are of one kind only."""
        return

    def environment(self, brokers: str, prefix: str) -> dict[str, str]:
        """The worker's environment."""
        return {
            "TIDEMARK_BROKERS": brokers,
            "TIDEMARK_PREFIX": prefix,
            "TIDEMARK_PARTITIONS": str(PARTITIONS),
            "PYTHONPATH": str(ROOT),
        }


@dataclass(frozen=True)
class Tidemark(Engine):
    """The full pipeline, in pure Python or from the copy with compiled modules, which must be there."""

    definitions: Path = DEFINITIONS
    compiled: bool = False
    _program: str = field(default=str(Path(sys.executable).parent / "tidemark"), repr=False)

    def prepare(self, brokers: str, prefix: str) -> None:
        """`tidemark topics` and `tidemark publish`."""
        for command in (["topics"], ["publish", str(self.definitions)]):
            environment = self.environment(brokers, prefix)
            for _ in range(TRIES):
                run = subprocess.run([self._program, *command], env=environment, capture_output=True, text=True)
                if not run.returncode:
                    break
            else:
                raise RuntimeError(f"tidemark {command[0]} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
        stamp_gifts_by_broker(brokers, prefix)

    def environment(self, brokers: str, prefix: str) -> dict[str, str]:
        """With a session as long as Kafka Streams' own: the worker is stopped while the load piles up."""
        own = {"TIDEMARK_SESSION_TIMEOUT_MS": "45000", "PYTHONPATH": str(TREE if self.compiled else ROOT)}
        return {**super().environment(brokers, prefix), **own}

    def must_be_meant(self, log: Path) -> None:
        """It says on its first line whether it runs compiled."""
        with log.open() as lines:
            if json.loads(lines.readline())["compiled"] != self.compiled:
                raise RuntimeError(f"{self.name}: the worker found other modules than it should: see {log}")

    def command(self) -> list[str]:
        """One aggregation worker."""
        return [self._program, "aggregate"]

    def expected(self, documents: Sequence[Document]) -> set[Identity]:
        """What the tests' oracle says of all the rules."""
        return expected_grants(documents, self.definitions)


@dataclass(frozen=True)
class FullRulesPeer(Engine):
    """The full rules in Kafka Streams, exactly once: Tidemark's own topics, its definitions, its oracle.

    `settings` as FullRules.java names them.
    """

    transactional: ClassVar[bool] = True

    settings: tuple[tuple[str, str], ...] = ()

    def prepare(self, brokers: str, prefix: str) -> None:
        """Tidemark's topics, and the definitions as one JSON list."""
        TIDEMARK.prepare(brokers, prefix)
        documents = [each.document for each in load_definitions(DEFINITIONS).documents]
        FULL_RULES_DEFINITIONS.parent.mkdir(parents=True, exist_ok=True)
        FULL_RULES_DEFINITIONS.write_text(json.dumps(documents, default=str))

    def command(self) -> list[str]:
        """One JVM."""
        return ["java", *FULL_RULES_JVM, "-cp", classpath(), "tidemark.benchmarks.fullrules.FullRules"]

    def environment(self, brokers: str, prefix: str) -> dict[str, str]:
        """The definitions, where it keeps its state, and what it is set to."""
        own = {"DEFINITIONS": str(FULL_RULES_DEFINITIONS), "STATE_DIR": str(STREAMS_STATE / prefix)}
        return {**super().environment(brokers, prefix), **own, **dict(self.settings)}

    def expected(self, documents: Sequence[Document]) -> set[Identity]:
        """What Tidemark owes."""
        return TIDEMARK.expected(documents)


class OneSumPeer(Engine):
    """A peer: one sum, one threshold."""

    full_rules: ClassVar[bool] = False

    def prepare(self, brokers: str, prefix: str) -> None:
        """Its topics."""
        create_feeds_and_gifts(brokers, prefix)

    def expected(self, documents: Sequence[Document]) -> set[Identity]:
        """What one sum and one threshold come to."""
        return expected_gifts(documents)


class StockFaust(OneSumPeer):
    """The idiomatic Faust app."""

    def command(self) -> list[str]:
        """One Faust worker, its data directory aside."""
        return [sys.executable, "-m", "benchmarks.stock_faust", "--datadir", str(BUILD / "faust"), "worker", "-l", "warn"]


class KafkaStreamsSum(OneSumPeer):
    """The Java job of one sum."""

    def command(self) -> list[str]:
        """One JVM on its own defaults."""
        return ["java", "-cp", classpath(), "tidemark.benchmarks.onesum.OneSum"]

    def environment(self, brokers: str, prefix: str) -> dict[str, str]:
        """The threshold, and where Kafka Streams keeps its lock and checkpoint files."""
        own = {"THRESHOLD": str(THRESHOLD), "STATE_DIR": str(STREAMS_STATE / prefix)}
        return {**super().environment(brokers, prefix), **own}


TIDEMARK = Tidemark("Tidemark")
COMPILED = Tidemark("Tidemark, compiled", compiled=True)
# As their author found each best: linger of 5 ms at Kafka Streams' own commit interval of 100 ms, none at 10.
IN_MEMORY = FullRulesPeer("Kafka Streams, in memory")
PROMPT = FullRulesPeer("Kafka Streams, in memory, commits every 10 ms", settings=(("COMMIT_MS", "10"), ("LINGER_MS", "0")))
# Kafka Streams' own map in memory is a tree.
IN_HASH_MAP = FullRulesPeer("Kafka Streams, in a hash map", settings=(("STORE", "hash"),))
ROCKSDB = FullRulesPeer("Kafka Streams, RocksDB", settings=(("STORE", "rocksdb"),))
ONE_SUM = KafkaStreamsSum("Kafka Streams, one sum")
STOCK_FAUST = StockFaust("stock Faust, one sum", share=0.02)


def expected_of(loads: Mapping[Engine, Sequence[Document]]) -> dict[Engine, set[Identity]]:
    """What each must give out of its load; those with the full rules, who get the same one, owe the same: the oracle takes its time."""
    owed = TIDEMARK.expected(loads[TIDEMARK])
    return {engine: owed if engine.full_rules else engine.expected(load) for engine, load in loads.items()}
