"""A shape of a feed's own, which is brought to the canonical one: that of spec 1.1 and 1.2 (spec 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct


class PassedOver(Exception):
    """What a till or a shop says that asks for nothing: it is counted, and is no dead letter. `why`: a word for the figures."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class AsSent(Struct, frozen=True, gc=False):
    """A document with the canonical names and the values as they were sent, and where each of them was sent.

    `root`: the JSON Pointer of the object that was sent. `names`: which of its fields those of the document are, by `lines` or
    `lines/sku`, where they are called otherwise: `items`, `plu`. `lines`: of each line, its place among those that were sent, where some
    were left out.
    """

    document: Mapping[str, object]
    root: str = ""
    names: Mapping[str, str] = {}
    lines: Sequence[int] | None = None

    def pointer(self, pointer: str) -> str:
        """The JSON Pointer, in what was sent, of what the document has at a JSON Pointer such as /lines/0/sku."""
        within, steps = "", [self.root]
        for step in pointer.split("/")[1:]:
            if step.isdecimal():
                steps.append(str(self.lines[int(step)]) if self.lines is not None and within == "lines" else step)
            else:
                within = f"{within}/{step}" if within else step
                steps.append(self.names.get(within, step))
        return "/".join(steps)


class Feed(Struct, frozen=True, kw_only=True):
    """A document of it is `{name: …}`, of whose object `read` makes one of spec 1.1 or 1.2: names and words become ours, and values stay
    as they were sent, to be judged by the rules that hold for all. It raises InvalidDocument, with a JSON Pointer in the object, and
    PassedOver. `shape`: what the object may be, as its JSON Schema has it.
    """

    name: str
    read: Callable[[Mapping[str, object]], AsSent]
