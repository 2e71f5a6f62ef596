"""What Faust asks of a consumer and has no meaning here: positions, acknowledgements and commits are the commit log's."""

from __future__ import annotations

from typing import Any

from faust.transport.consumer import Consumer
from faust.types import TP


class EmptyConsumer(Consumer):  # type: ignore[misc]
    """Faust's consumer without its own fetching, tracking and committing."""

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    def close(self) -> None:
        """Called when the app is stopped during a rebalance; `on_stop` leaves the group."""

    def ack(self, message: Any) -> bool:
        """Nothing is acknowledged here."""
        return False

    def track_message(self, message: Any) -> None:
        """Nothing is tracked here."""

    async def wait_empty(self) -> None:
        """The owner has finished the turn in hand when it was told of the revocation."""

    async def perform_seek(self) -> None:
        """Positions are given by `open`."""

    async def commit(self, *args: Any, **kwargs: Any) -> bool:
        """Commits are `commit_positions`."""
        return True

    async def force_commit(self, *args: Any, **kwargs: Any) -> bool:
        """Commits are `commit_positions`."""
        return True

    async def verify_all_partitions_active(self) -> None:
        """Faust's watch over its own fetching, which is not used."""

    def _to_message(self, tp: TP, record: Any) -> Any:
        raise NotImplementedError("records are handed over by streams.consumer.reader")

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        raise NotImplementedError("records are fetched by streams.consumer.reader")

    async def _commit(self, offsets: Any) -> bool:
        raise NotImplementedError("commits are commit_positions")

    async def _seek(self, partition: Any, offset: int) -> None:
        raise NotImplementedError("positions are given by open")

    async def seek_to_committed(self) -> Any:
        """Never asked for: `perform_seek` is ours."""
        raise NotImplementedError("positions are given by open")

    async def seek_wait(self, partitions: Any) -> None:
        """Never asked for: there are no tables of Faust's."""
        raise NotImplementedError("positions are given by open")

    def highwater(self, tp: Any) -> int:
        """Never asked for: there are no tables of Faust's."""
        raise NotImplementedError("the end of a partition comes with each Fetched")

    async def earliest_offsets(self, *partitions: Any) -> Any:
        """Never asked for: there are no tables of Faust's."""
        raise NotImplementedError("see broker.client.fetch")

    async def highwaters(self, *partitions: Any) -> Any:
        """Never asked for: there are no tables of Faust's."""
        raise NotImplementedError("see broker.client.fetch")

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Never asked for: nothing is sent through Faust."""
        raise NotImplementedError("see streams.routing")

    def verify_recovery_event_path(self, now: float, tp: Any) -> None:
        """Faust's watch over its own recovery, which is not used."""

    async def create_topic(self, *args: Any, **kwargs: Any) -> None:
        """Topics are created by `tidemark topics`."""
        raise NotImplementedError("topics are created by `tidemark topics`")
