"""`tidemark grants` and `explain` on a running system: orders through both workers, and how far the wallet is with a gift (spec 6)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from streams.topics import GIFTS, ONLINE_ORDERS, POS_ORDERS
from tests.delivery.flow import Flow
from tests.generate import write_definitions
from tests.oracle.examples import order, program, spend

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

ANN, GRANT = "ann/1", "spend/ann%2F1/1"


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def explained(flow: Flow, *arguments: str) -> dict[str, Any]:
    code, said = flow.tidemark("explain", *arguments, "--json")
    assert code == 0, said
    found: dict[str, Any] = json.loads(said)
    return found


def test_a_gift_is_followed_from_its_orders_to_the_wallet(flow: Flow, tmp_path: Path) -> None:
    write_definitions(tmp_path / "definitions", [program(1_000_000), spend(), spend(code="shops", channels=["pos"])])
    code, said = flow.tidemark("publish", str(tmp_path / "definitions"))
    assert code == 0, said
    flow.worker("aggregate")
    # One is keyed by nothing, and re-keyed on its way.
    first, second = order("a", now(), ("x", 1, 60), member_id=ANN), order("b", now(), ("x", 1, 60), member_id=ANN, channel="online")
    flow.produce(POS_ORDERS, [(ANN, json.dumps(first).encode())])
    flow.produce(ONLINE_ORDERS, [("somebody", json.dumps(second).encode())])
    flow.wait_for(lambda: sum(flow.ends(GIFTS).values()) == 1, "the grant is made")
    waiting = explained(flow, GRANT)["deliveries"]["1"]
    assert {"sink": "wallet", "state": "no_worker"} in waiting
    flow.worker()
    flow.wait_delivered()
    found = explained(flow, GRANT)
    (wallet,) = [each for each in found["deliveries"]["1"] if each["sink"] == "wallet"]
    assert wallet["state"] == "given" and [each["came"] for each in wallet["attempts"]] == ["taken"]
    code, said = flow.tidemark("explain", GRANT)
    assert code == 0 and f"{wallet['attempts'][0]['at']}  taken" in said
    assert [(each["order_id"], each["counted"]) for each in found["orders"]] == [("a", 60), ("b", 60)]
    assert found["sums"] == {"measure": "amount", "now": 120, "named": 120, "others": 0}
    code, said = flow.tidemark("grants", "--member", ANN)
    assert code == 0 and GRANT in said and "claimed" in said
    why = explained(flow, "--order", "b", "--member", ANN)
    assert [(each["activity"], each["counted"], each["kept_out"]) for each in why["activities"]] == [
        ("shops", 0, "channel"),
        ("spend", 60, None),
    ]
    code, said = flow.tidemark("levels", "count")
    assert code == 0 and "classic (version 1, on): 1 member\n" in said
