"""What each part of the full rules costs an order: a sampled profile of the worker's hot path, folded without a broker."""

from __future__ import annotations

import asyncio
import gc
import time

from benchmarks.bench import Bench
from benchmarks.figures import Table, spread
from benchmarks.library_calls import library_calls
from benchmarks.load import Shape
from benchmarks.offline import Offline, Part, fetches
from benchmarks.sampler import Sampler, Spot
from benchmarks.sections import Result

# Documents whose library calls are timed alone.
MOST_ALONE = 50_000
# A share of the load that comes first and is not counted: members are new, and nothing is remembered yet.
WARM_UP = 0.25

PARTS: dict[str, list[Spot]] = {
    "fetched batches to records": [
        ("broker/batches.py", "parse"),
        ("benchmarks/offline.py", "_arrive"),
        ("agents/shard.py", "arrive"),
    ],
    "decode": [
        ("streams/decode.py", None),
        ("streams/feeds.py", None),
        ("streams/pos_feed.py", None),
        ("streams/online_feed.py", None),
    ],
    "validate, items": [
        ("rules/validity.py", None),
        ("rules/times.py", None),
        ("rules/items.py", None),
        ("agents/reading.py", None),
        ("agents/fold.py", "_check_late"),
    ],
    "content and keys (duplicates)": [("rules/content.py", None)],
    "routing of members not seen before": [("streams/routing.py", None), ("aiokafka/partitioner.py", None)],
    "order store": [("tables/order_store.py", None), ("agents/orders.py", None), ("tables/layout.py", "encode_order")],
    "rules: matching": [
        ("rules/rulebook.py", None),
        ("rules/compiled.py", "may_share"),
        ("rules/members.py", "programs_at"),
    ],
    "rules: progress": [
        ("rules/purchase.py", None),
        ("rules/refund.py", None),
    ],
    "rules: grants": [("rules/grants.py", None)],
    "rules: levels": [("rules/levels.py", None), ("rules/compiled.py", None), ("rules/purchase.py", "_spend")],
    "member state: decode, encode": [
        ("tables/partition.py", "member"),
        ("tables/partition.py", "seal"),
        ("tables/layout.py", "encode_member"),
        ("tables/layout.py", "decode_member"),
        ("tables/layout.py", "member_key"),
        ("rules/members.py", None),
        ("agents/hand.py", None),
    ],
    "outputs: encode, headers": [
        ("sinks/events.py", None),
        ("sinks/cloudevents.py", None),
        ("tables/layout.py", "encode_outputs"),
        ("agents/committer.py", "_entry"),
        ("agents/committer.py", "_batches"),
        ("agents/committer.py", "_chunks"),
    ],
    "batch building": [("broker/batches.py", "build")],
}
REST = "rest: the fold's own steps, shards, turns"


def profile(bench: Bench) -> Result:
    """Shares are of all samples; microseconds are those shares of the CPU time an order took, profiler and all."""
    sampler = Sampler(PARTS, REST)
    documents = bench.load(Shape(bench.until), bench.orders)
    took = [_round(sampler, fetches(documents, int(bench.until.timestamp() * 1000))) for _ in range(bench.rounds)]
    us_per_order = spread([1e6 * seconds / orders for seconds, orders in took])
    samples = sampler.counts.total()
    rows = [_row(part, sampler.counts[part] / samples, us_per_order.middle) for part in (*PARTS, REST)]
    rows.append(["all", us_per_order.text(1), "100"])
    title = f"CPU of one order, {samples:,} samples; without the broker's connections, the consumer group and Faust"
    alone = library_calls(documents[: min(len(documents), MOST_ALONE)], int(bench.until.timestamp() * 1000))
    libraries = [[name, f"{us:.2f}"] for name, us in alone]
    libraries.append(["all", f"{sum(us for _, us in alone):.2f}"])
    return Result(
        [
            Table(title, ["part", "us an order", "%"], rows),
            Table("What the libraries' own calls take of it, each alone in a loop", ["call", "us an order"], libraries),
        ]
    )


def _round(sampler: Sampler, fetched: list[list[Part]]) -> tuple[float, int]:
    """CPU seconds, and the documents that they went to; the collector is off, as it is in a worker."""
    offline = Offline()
    first = int(len(fetched) * WARM_UP)
    asyncio.run(offline.run(fetched[:first]))
    before = offline.folded()
    gc.disable()
    began = time.process_time()
    try:
        with sampler.sampling():
            asyncio.run(offline.run(fetched[first:]))
        return time.process_time() - began, offline.folded() - before
    finally:
        gc.enable()


def _row(part: str, share: float, us_per_order: float) -> list[str]:
    return [part, f"{share * us_per_order:.1f}", f"{100 * share:.1f}"]
