"""A feed with a shape of its own, which is brought to the canonical one: that of spec 1.1 (spec 1.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

# One step of a path such as lines[0].sku
_STEP = re.compile(r"(\w+)((?:\[[^\]]*\])*)")


class Feed(Struct, frozen=True, kw_only=True):
    """A document of it is `{name: …}`, with an object of `shape`, of which `to_document` makes one of spec 1.1 or 1.2.

    `sent_as`: by type of document, which fields of the feed's own its fields are made of; those of fields within others as
    `lines.sku`. What bears the same name in both is left out.
    """

    name: str
    shape: type[Struct]
    to_document: Callable[[Any], dict[str, object]]
    sent_as: Mapping[str, Mapping[str, str]]

    def read(self, data: bytes) -> dict[str, object]:
        """The document. Raises msgspec.ValidationError where the data is not of the shape."""
        envelope = msgspec.defstruct("Envelope", [(self.name, self.shape)])
        return self.to_document(getattr(msgspec.json.decode(data, type=envelope), self.name))

    def path(self, document_type: object, path: str) -> str:
        """The path in the feed's own shape of what the document has at a path such as `lines[0].sku`."""
        names = self.sent_as.get(str(document_type), {})
        within, steps = "", [self.name]
        for name, index in _STEP.findall(path):
            within = f"{within}.{name}" if within else name
            steps.append(names.get(within, name) + index)
        return ".".join(steps)
