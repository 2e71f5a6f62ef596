"""A change of a definition, as one document everywhere: a request, a record of the definitions topic, a line of a replay (spec 2.5, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from rules.definitions.saved import CHANGE_NAMES, ChangeName
from rules.documents.judging import Judging
from rules.documents.test_send import MAX_VERSION
from rules.documents.tolerant.fields import Fields
from rules.documents.validity import InvalidDocument, received_ahead, wrong_time
from rules.refused import Refused
from rules.times import DAY_MS, FIRST_MS, LAST_MS, at_utc, epoch_ms, finer_us

TYPE = "change"
# The kind of definition that can be scheduled (spec 3.6).
PROGRAM = "program"
_NAMES: dict[str, ChangeName] = {name: name for name in CHANGE_NAMES}


class Change(Struct, frozen=True, kw_only=True):
    """`document`: of a save, the definition; empty of the others. `version`: which it would be, where it says so. `existing_at`: of a
    program that is saved, when it comes to hold for those who are there already (spec 3.6); None: at once.
    """

    change: ChangeName
    kind: str
    code: str
    saved_at: datetime
    saved_by: str = ""
    version: int | None = None
    document: dict[str, object] = {}
    received_at: datetime | None = None
    existing_at: datetime | None = None


def read_change(values: Mapping[str, object]) -> Change:
    """The change that a JSON object is, well-formed in itself. Raises InvalidDocument."""
    fields = Fields(values, "", None, [])
    name = _NAMES[fields.one_of("change", _NAMES)]
    kind, code = fields.text("kind"), fields.text("code")
    document = values.get("document")
    if name != "save":
        if document is not None:
            raise InvalidDocument("/document", f"a {name} keeps the document as it is: leave it out, or save it")
        document = {}
    elif not isinstance(document, dict):
        fields.wrong("document", f"the {kind}'s definition, an object")
    elif (document.get("kind"), document.get("code")) != (kind, code):
        other = f"{document.get('kind')}/{document.get('code')}"
        raise InvalidDocument("/document", f"expected one of kind and code {kind}/{code}, as the change says; got {other}")
    return Change(
        change=name,
        kind=kind,
        code=code,
        saved_at=fields.time("saved_at"),
        saved_by=fields.text("saved_by") if fields.has("saved_by") else "",
        version=fields.count_or_none("version", MAX_VERSION),
        document=document,
        received_at=fields.time_or_none("received_at"),
        existing_at=_existing_at(fields, name, kind),
    )


def _existing_at(fields: Fields, name: ChangeName, kind: str) -> datetime | None:
    existing_at = fields.time_or_none("existing_at")
    if existing_at is not None and (name != "save" or kind != PROGRAM):
        raise InvalidDocument("/existing_at", f"is for saving a program, and this is to {name} a {kind}: leave it out")
    return existing_at


def check_times(change: Change, received_ms: int, judging: Judging, late_ms: int) -> int:
    """When it was saved by its own account, epoch ms. Raises InvalidDocument, and Refused where it is late (spec 1.5)."""
    time_ms = epoch_ms(change.saved_at)
    finer = (finer_us(change.saved_at), finer_us(change.received_at))
    if not FIRST_MS <= time_ms <= LAST_MS or (time_ms, finer[0]) > (received_ms + DAY_MS, finer[1]):
        raise wrong_time("saved_at", time_ms, received_ms)
    if received_ms > judging.now_ms + DAY_MS and (change.received_at is not None or judging.replayed):
        raise received_ahead("received_at" if change.received_at is not None else "saved_at", received_ms, judging.now_ms)
    if (time_ms, finer[0]) < (received_ms - late_ms, finer[1]):
        expected = f"a time at most {late_ms // DAY_MS} days before it was received ({at_utc(received_ms)})"
        raise Refused("late", f"expected {expected}; got {at_utc(time_ms)}", "/saved_at")
    return time_ms
