"""What an order's JSON costs with msgspec, and with orjson, which is not among our packages: python -m benchmarks.json_libraries

orjson gives dicts and checks nothing, so it is shown alone, and with the check that a document needs after it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from statistics import median
from typing import Any

import msgspec

from benchmarks.load import Shape, documents
from rules.documents.kinds import ANY_SHAPE
from rules.happened import Grant

DOCUMENTS = 5_000
ROUNDS = 15
_GIFTS = [{"kind": "points", "points": 10}]
_GRANT = Grant(
    grant_id="coffee/m000001/12",
    activity="coffee",
    member_id="m000001",
    ordinal=12,
    order_id="o00000001",
    occurred_at="2026-11-26T12:00:00+00:00",
    gifts=msgspec.Raw(msgspec.json.encode(_GIFTS)),
    version=1,
)


def main() -> None:
    """Prints the least and the median of the rounds, which are taken in turns."""
    try:
        orjson: Any = import_module("orjson")
    except ModuleNotFoundError:
        raise SystemExit("orjson is not among Tidemark's packages: pip install orjson, and run this again") from None
    orders = [document.value for document in documents(Shape(datetime.now(UTC)), DOCUMENTS)]
    grant = msgspec.structs.asdict(_GRANT) | {"gifts": _GIFTS}
    decode, encode, loads, dumps = msgspec.json.Decoder(ANY_SHAPE).decode, msgspec.json.Encoder().encode, orjson.loads, orjson.dumps
    ways: dict[str, Callable[[bytes], object]] = {
        "msgspec: an order decoded and checked, as a Struct": decode,
        "orjson: an order decoded, as a dict, not checked": loads,
        "orjson, then msgspec.convert: decoded and checked": lambda data: msgspec.convert(loads(data), ANY_SHAPE),
        "msgspec: a grant encoded from its Struct": lambda _: encode(_GRANT),
        "orjson: a grant encoded from a dict": lambda _: dumps(grant),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    gc.disable()
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            for data in orders:
                way(data)
            took[name].append((time.process_time() - began) / len(orders) * 1e6)
    print(f"CPU us each, least and median of {ROUNDS} rounds; msgspec {msgspec.__version__}, orjson {orjson.__version__}")
    for name, each in took.items():
        print(f"{name:55} {min(each):6.2f} {median(each):6.2f}")


if __name__ == "__main__":
    main()
