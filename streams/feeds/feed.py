"""A feed with a shape of its own, which is brought to the canonical one: that of spec 1.1 (spec 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct


class Feed(Struct, frozen=True, kw_only=True):
    """A document of it is `{name: …}`, with an object of `shape`, of which `to_document` makes one of spec 1.1 or 1.2.

    `sent_as`: by type of document, which fields of the feed's own its fields are made of; those of fields within others as
    `lines.sku`. What bears the same name in both is left out.
    """

    name: str
    shape: type[Struct]
    to_document: Callable[[Any], dict[str, object]]
    sent_as: Mapping[str, Mapping[str, str]]

    def read(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The document that parsed JSON makes. Raises msgspec.ValidationError where it is not of the shape."""
        return self.to_document(msgspec.convert(fields[self.name], self.shape))

    def pointer(self, document_type: object, pointer: str) -> str:
        """The JSON Pointer in the feed's own shape of what the document has at one such as /lines/0/sku."""
        names = self.sent_as.get(str(document_type), {})
        within = ""
        steps = [self.name]
        for step in pointer.split("/")[1:]:
            if step.isdecimal():
                steps.append(step)
                continue
            within = f"{within}.{step}" if within else step
            steps.append(names.get(within, step).replace(".", "/"))
        return "/" + "/".join(steps)
