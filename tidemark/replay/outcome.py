"""What came of a replay."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from tidemark.compiled_copy import is_compiled
from tidemark.replay.outputs.dead_letters import DeadLetters
from tidemark.replay.outputs.grants import Grants
from tidemark.replay.outputs.output import Output
from tidemark.replay.outputs.performance import Performances
from tidemark.replay.outputs.table import OUTPUTS, Files

# Told of each event as it comes, decoded, with its topic's short name.
Event = Callable[[str, Mapping[str, object]], None]
# How many documents were put in, and how many grants came out.
Progress = Callable[[int, int], None]

_decode = msgspec.json.Decoder(dict[str, object]).decode


class Outcome:
    """Outputs by the names of their options; `documents` read, and `seconds` that they took. `prefix`: of the topics, if there were any."""

    def __init__(self, wanted: Collection[str] = (), on_event: Event | None = None) -> None:
        """`wanted`: which outputs, beside the grants and the dead letters, which are counted. `on_event`: of what is taken for the first
        time.
        """
        self.grants = Grants()
        self.dead_letters = DeadLetters()
        self.outputs: dict[str, Output] = {"grants": self.grants, "dead_letters": self.dead_letters}
        self.outputs |= {name: OUTPUTS[name]() for name in wanted if name not in self.outputs}
        self.documents = 0
        self.seconds = 0.0
        self.worker_cpu_seconds = 0.0
        self.prefix = ""
        self.on_event = on_event
        self._readers: defaultdict[str, list[Output]] = defaultdict(list)
        for output in self.outputs.values():
            for topic in output.topics:
                self._readers[topic].append(output)

    @property
    def topics(self) -> Collection[str]:
        """Those that are read (short names)."""
        return self._readers

    @property
    def figures(self) -> bool:
        """Whether workers are to keep figures for it (spec 2.7)."""
        return "performance" in self.outputs

    def know(self, activities: Iterable[str]) -> None:
        """The codes of all activities that there are."""
        performance = self.outputs.get("performance")
        if isinstance(performance, Performances):
            performance.know(activities)

    def take(self, topic: str, value: bytes) -> None:
        """Takes the next record of a topic (short name)."""
        is_new = True
        for output in self._readers.get(topic, ()):
            is_new = output.take(topic, value) and is_new
        if is_new and self.on_event is not None:
            self.on_event(topic, _decode(value))

    def write(self, files: Files, stats: Path | None) -> None:
        """Writes the files that are named."""
        for name, path in files.named():
            with path.open("wb") as file:
                for row in self.outputs[name].rows():
                    file.write(row + b"\n")
        if stats is not None:
            stats.write_text(json.dumps(self._figures()) + "\n", encoding="utf-8")

    def _figures(self) -> Mapping[str, object]:
        seconds = self.seconds
        return {
            "orders": self.documents,
            "seconds": round(seconds, 3),
            "orders_per_second": round(self.documents / seconds, 1) if seconds else 0.0,
            "worker_cpu_seconds": round(self.worker_cpu_seconds, 3),
            "compiled": is_compiled(),
            "grants": len(self.grants),
            "dead_letters": len(self.dead_letters),
        }
