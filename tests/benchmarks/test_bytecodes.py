"""What an order costs in bytecodes is the same whenever it is counted."""

from __future__ import annotations

import pytest

from benchmarks.bytecodes import count


@pytest.mark.slow
def test_what_an_order_costs_is_counted_by_function_and_alike_each_time() -> None:
    (first, orders), (second, _) = count(60), count(60)
    by_name = {code.co_name: (first.calls[code], first.bytecodes[code]) for code in first.bytecodes}
    assert by_name["accept_order"] == (
        orders,
        second.bytecodes[next(code for code in second.calls if code.co_name == "accept_order")],
    )
    assert orders == 60
