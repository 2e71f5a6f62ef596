"""What each part of the full rules costs an order: a sampled profile of the worker's hot path, folded without a broker."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.figures import Table, spread
from benchmarks.library_calls import library_calls
from benchmarks.lighter import by_what_it_does, us_per_order
from benchmarks.load import Shape
from benchmarks.offline import Offline, fetches
from benchmarks.sampler import Sampler, Spot
from benchmarks.sections import Result

# Documents whose library calls are timed alone.
MOST_ALONE = 50_000
PARTS: dict[str, list[Spot]] = {
    "fetched batches to records": [
        ("broker/wire/parse.py", None),
        ("broker/wire/record_walk.py", None),
        ("benchmarks/offline.py", "_arrive"),
        ("agents/turns/shard.py", "arrive"),
    ],
    "decode": [
        ("streams/decode.py", None),
        ("streams/envelopes.py", None),
        ("streams/feeds/feed.py", None),
        ("streams/feeds/fields.py", None),
        ("streams/feeds/receipt_ids.py", None),
        ("streams/feeds/pos.py", None),
        ("streams/feeds/online.py", None),
    ],
    "validate, items": [
        ("rules/documents/validity.py", None),
        ("rules/documents/kinds.py", None),
        ("rules/documents/accepting.py", None),
        ("rules/documents/purchase_rules.py", "accept_order"),
        ("rules/documents/refund.py", "_check"),
        ("rules/times.py", None),
        ("rules/documents/items.py", None),
        ("agents/fold/reading.py", None),
        ("agents/fold/refusing.py", "check_late"),
    ],
    "content and keys (duplicates)": [
        ("rules/documents/content.py", None),
        ("rules/documents/purchase_rules.py", None),
        ("rules/documents/refund.py", None),
    ],
    "routing of members not seen before": [("streams/routing.py", None)],
    "order store": [("tables/orders/store.py", None), ("agents/fold/orders.py", None), ("tables/layout.py", "encode_parts")],
    "rules: matching": [
        ("rules/rulebook/rulebook.py", None),
        ("rules/rulebook/candidates.py", None),
        ("rules/rulebook/compiled/activity.py", None),
        ("rules/rulebook/conditions.py", "unshared"),
        ("rules/members.py", "programs_at"),
    ],
    "rules: progress": [
        ("rules/spending/purchase.py", None),
        ("rules/spending/refund.py", None),
    ],
    "rules: grants": [("rules/spending/ordinals.py", None)],
    "rules: levels": [
        ("rules/levels/standing.py", None),
        ("rules/rulebook/compiled/program.py", None),
        ("rules/spending/purchase.py", "apply_purchase"),
    ],
    "member state: decode, encode": [
        ("tables/partition.py", "member"),
        ("tables/partition.py", "seal"),
        ("tables/layout.py", "member_key"),
        ("rules/members.py", None),
        ("agents/turns/turn.py", None),
    ],
    "outputs: encode, headers": [
        ("sinks/topics/events.py", None),
        ("sinks/topics/outputs.py", None),
        ("tables/layout.py", "encode_outputs"),
        ("agents/turns/committer.py", "_build"),
        ("agents/turns/committer.py", "_chunks"),
    ],
    "batch building": [("broker/wire/batches.py", "build"), ("broker/wire/batches.py", "entry")],
}
REST = "rest: the fold's own steps, shards, turns"


def profile(bench: Bench) -> Result:
    """Shares are of all samples, warm-up and all; microseconds are those shares of the CPU time that an order took after it."""
    sampler = Sampler(PARTS, REST)
    documents = bench.load(Shape(bench.until), bench.fewer_orders)
    now_ms = int(bench.until.timestamp() * 1000)
    fetched = fetches(documents, now_ms)
    took: list[float] = []
    lighter: dict[str, list[float]] = {}
    for _ in range(bench.rounds):
        for name, found in by_what_it_does(fetched):
            lighter.setdefault(name, []).append(found)
        offline = Offline()
        with sampler.sampling():
            took.append(us_per_order(offline, fetched))
    us = spread(took)
    samples = sampler.counts.total()
    rows = [_row(part, sampler.counts[part] / samples, us.middle) for part in (*PARTS, REST)]
    title = f"CPU of one order, {samples:,} samples; without the broker's connections, the consumer group and Faust"
    alone = library_calls(documents[:MOST_ALONE], now_ms)
    return Result(
        [
            Table(title, ["part", "us an order", "%"], [*rows, ["all", us.text(1), "100"]]),
            Table(
                "CPU of one order by what is done with it",
                ["", "us an order"],
                [[name, spread(found).text(1)] for name, found in lighter.items()],
            ),
            Table(
                "What the libraries' own calls take of it, each alone in a loop",
                ["call", "us an order"],
                [*([name, f"{each:.2f}"] for name, each in alone), ["all", f"{sum(each for _, each in alone):.2f}"]],
            ),
        ]
    )


def _row(part: str, share: float, us_per_order: float) -> list[str]:
    return [part, f"{share * us_per_order:.1f}", f"{100 * share:.1f}"]
