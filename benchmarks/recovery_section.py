"""How long a worker takes to have its members back, without their orders and with them, and what both hold in memory, beside its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.bench import Bench
from benchmarks.beside import PURE, Beside, Figure
from benchmarks.engines import TIDEMARK, Engine
from benchmarks.figures import Table, spread
from benchmarks.recovery import OURS, PEERS, Start
from benchmarks.sections import Result
from benchmarks.topics import PARTITIONS

MEMBERS = 1_000_000
QUICK_MEMBERS = 100_000
# Of these, fewer: their orders are what is measured.
SHOPPERS = 50_000
QUICK_SHOPPERS = 5_000
ORDERS_A_SHOPPER = 40

Starts = Mapping[Engine, Sequence[Start]]


def recovery(bench: Bench) -> Result:
    """Rounds of starts: on an empty changelog, for the memory that members have nothing to do with; on members; on members with orders."""
    members = QUICK_MEMBERS if bench.quick else MEMBERS
    shoppers = QUICK_SHOPPERS if bench.quick else SHOPPERS
    empty: list[Start] = []
    idle: dict[Engine, list[Start]] = {each.engine: [] for each in (OURS, *PEERS)}
    shopped: dict[Engine, list[Start]] = {each.engine: [] for each in (OURS, *PEERS)}
    for number in range(bench.rounds):
        empty.append(OURS.start(bench, 0))
        for each in (OURS, *PEERS):
            idle[each.engine].append(each.start(bench, members))
            shopped[each.engine].append(each.start(bench, shoppers, ORDERS_A_SHOPPER))
            for what, start in ((f"{members:,} members", idle), (f"{shoppers * ORDERS_A_SHOPPER:,} orders", shopped)):
                bench.say(f"round {number + 1}: {each.engine.name}: {what} back after {start[each.engine][-1].seconds:.2f} s")
    own = [
        _of_members(members, list(zip(empty, idle[TIDEMARK], strict=True))),
        _of_orders(shoppers, list(zip(empty, shopped[TIDEMARK], strict=True))),
    ]
    whats = {f"{members:,} members": idle, f"{shoppers:,} members of {ORDERS_A_SHOPPER} orders": shopped}
    beside = [each for what, starts in whats.items() for each in _beside(what, starts)]
    return Result(
        [_of_all(whats), *own],
        beside,
    )


def _beside(what: str, starts: Starts) -> list[Beside]:
    figures = (
        Figure[Start](f"recovery of {what}, seconds", lambda start: start.seconds, more_is_better=False),
        Figure[Start](f"recovery of {what}, CPU of the start", lambda start: start.cpu_seconds, more_is_better=False),
        Figure[Start](f"recovery of {what}, peak memory", lambda start: start.peak_bytes, more_is_better=False),
    )
    return [figure.beside(PURE, starts[TIDEMARK], each.engine.name, starts[each.engine]) for each in PEERS for figure in figures]


def _of_all(whats: Mapping[str, Starts]) -> Table:
    rows = [
        [
            engine.name,
            what,
            spread([start.seconds for start in done]).text(2),
            spread([start.cpu_seconds for start in done]).text(1),
            spread([start.peak_bytes / 2**20 for start in done]).text(),
        ]
        for what, starts in whats.items()
        for engine, done in starts.items()
    ]
    columns = ["engine", "from its changelogs", "recovery, s", "CPU of the start, s", "peak memory, MB"]
    return Table(f"Recovery of {PARTITIONS} partitions, median [least-most]", columns, rows)


def _of_members(members: int, pairs: Sequence[tuple[Start, Start]]) -> Table:
    rows = [
        ["members", f"{members:,}"],
        ["members recovered a second", spread([members / full.seconds for _, full in pairs]).text()],
        ["bytes an idle member", spread([(full.resident_bytes - empty.resident_bytes) / members for empty, full in pairs]).text()],
    ]
    return Table("Of Tidemark's members", ["", "median [least-most]"], rows)


def _of_orders(shoppers: int, pairs: Sequence[tuple[Start, Start]]) -> Table:
    orders = shoppers * ORDERS_A_SHOPPER
    rows = [
        ["members, and orders of each", f"{shoppers:,}, {ORDERS_A_SHOPPER}"],
        ["CPU an order, us", spread([(full.cpu_seconds - empty.cpu_seconds) / orders * 1e6 for empty, full in pairs]).text(2)],
        ["bytes an order", spread([(full.resident_bytes - empty.resident_bytes) / orders for empty, full in pairs]).text()],
        ["peak memory, bytes an order", spread([(full.peak_bytes - empty.peak_bytes) / orders for empty, full in pairs]).text()],
    ]
    return Table("Of Tidemark's orders", ["", "median [least-most]"], rows)
