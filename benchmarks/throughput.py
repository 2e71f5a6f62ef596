"""How many orders an engine takes a second, what worker CPU an order costs, and how much memory it takes.

The worker starts on empty topics and shows with canaries that it has them all. Then it is stopped (SIGSTOP) while the load piles
up, and continued: the clock runs from there to the broker's stamp of the last gift. So no start-up counts, and the load generator
does not share the machine with what is measured; the same for every engine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.canaries import CANARY, await_ready
from benchmarks.cpu_course import until_done
from benchmarks.engines import Engine
from benchmarks.feed import bulk_producer, pile_up
from benchmarks.load import Document
from benchmarks.places import BUILD
from benchmarks.process_figures import peak_bytes
from benchmarks.progress import rates
from benchmarks.topics import Gift, GiftReader, Identity, delete_all
from benchmarks.worker import running


@dataclass(frozen=True, slots=True)
class Run:
    """One engine's figures of one round; `appended`: records by topic, the load's own among them, that the run added."""

    orders_per_second: float
    warm_orders_per_second: float
    cpu_us_per_order: float
    warm_cpu_us_per_order: float
    peak_mb: float
    gifts: int
    appended: Mapping[str, int]


def measure(bench: Bench, engine: Engine, documents: Sequence[Document], expected: Collection[Identity]) -> Run:
    """One run of one engine. Raises RuntimeError when what came out is not what the oracle expects."""
    prefix = bench.fresh_prefix()
    engine.prepare(bench.brokers, prefix)
    producer = bulk_producer(bench.brokers)
    reader = GiftReader(bench.brokers, prefix)
    log = BUILD / f"{prefix}log"
    try:
        with running(engine.command(), engine.environment(bench.brokers, prefix), log) as worker:
            canaries = await_ready(worker, producer, reader, prefix, bench.until)
            engine.must_be_meant(log)
            worker.pause()
            before = reader.appended()
            pile_up(producer, prefix, documents)
            course = until_done(worker, reader, canaries + len(expected), engine.transactional)
            peak = peak_bytes(worker.pid)
        appended = reader.appended() - before
        gifts = [gift for gift in reader.read() if not gift.grant.member_id.startswith(CANARY)]
    finally:
        reader.close()
        delete_all(bench.brokers, prefix)
    must_equal(engine, gifts, expected)
    started_ms = course.times_ms[0]
    rate = rates(documents, gifts, started_ms)
    return Run(
        rate.whole,
        rate.warm,
        1e6 * course.used_since(started_ms) / len(documents),
        1e6 * course.used_since(rate.half_ms) / rate.warm_orders,
        peak / 2**20,
        len(gifts),
        appended,
    )


def must_equal(engine: Engine, gifts: Sequence[Gift], expected: Collection[Identity]) -> None:
    """Compares with the oracle. Raises RuntimeError for a gift too few, too many, or with two ids."""
    given = {gift.grant.identity for gift in gifts}
    missing, surplus = set(expected) - given, given - set(expected)
    if missing or surplus:
        some = f"{list(missing)[:5]} missing, {list(surplus)[:5]} too many"
        raise RuntimeError(f"{engine.name}: {len(missing)} gifts missing, {len(surplus)} too many: {some}")
    ids = {gift.grant.grant_id for gift in gifts}
    if len(ids) != len(given):
        raise RuntimeError(f"{engine.name}: {len(given)} gifts have {len(ids)} ids")
