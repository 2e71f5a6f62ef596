"""What a turn of a replay puts out: values alone, of what is read, as they go to no topic (spec 6)."""

from __future__ import annotations

from collections.abc import Iterable

from sinks.topics.outputs import Mark, Outputs


class Values(Outputs):
    """`by_topic` has values where `Outputs` has records."""

    def __init__(self, topics: Iterable[str]) -> None:
        """`topics`: those (short names) of which anything is read."""
        super().__init__("", 0, 0)
        self.by_topic = {topic: [] for topic in topics}

    def put(self, topic: str, event_id: str, key: str | None, value: bytes) -> None:
        """The next value of a topic."""
        listed = self.by_topic.get(topic)
        if listed is not None:
            listed.append(value)
            self.size_bytes += len(value)

    def roll_back(self, mark: Mark) -> None:
        """As if nothing had been put since then."""
        self.size_bytes = mark.size_bytes
        for topic, listed in self.by_topic.items():
            del listed[mark.lengths[topic] :]
