"""What a turn of a replay puts out (spec 6)."""

from __future__ import annotations

from sinks.topics.values import Values


def test_values_of_what_is_read_are_kept_in_their_order() -> None:
    values = Values(("gifts", "levels"))
    values.put("gifts", "1", "ann", b"{1}")
    values.put("thresholds", "", "ann", b"{}")
    values.put("gifts", "2", None, b"{2}")
    assert values.by_topic == {"gifts": [b"{1}", b"{2}"], "levels": []}
    assert values.size_bytes == 6


def test_what_is_rolled_back_was_never_put() -> None:
    values = Values(("gifts", "levels"))
    values.put("gifts", "1", "ann", b"{1}")
    mark = values.mark()
    values.put("gifts", "2", "ann", b"{2}")
    values.put("levels", "", "ann", b"{3}")
    values.roll_back(mark)
    assert (values.by_topic, values.size_bytes) == ({"gifts": [b"{1}"], "levels": []}, 3)
