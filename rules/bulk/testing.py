"""Test sends: the gifts of any version of an activity, sent to one member at once (spec 2.9)."""

from __future__ import annotations

from typing import Any

from rules.definitions.kinds import ACTIVITY
from rules.documents.test_send import TestSend
from rules.documents.validity import InvalidDocument
from rules.gifts.made_by import UNKNOWN
from rules.gifts.making import make
from rules.happened import Grant, Happened, grants_of
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import iso

# Of what was sent: that it was, and the version's ref; of a release before, only that it was.
_SENT = b"\1"
_REF_BYTES = 8


def what_was_sent(ref: int) -> bytes:
    """What is kept of a test send, by the version of that ref."""
    return _SENT + ref.to_bytes(_REF_BYTES)


def version_sent(kept: bytes) -> int:
    """The ref of its version; UNKNOWN where that was not kept."""
    return int.from_bytes(kept[len(_SENT) :]) if len(kept) > len(_SENT) else UNKNOWN


def check_test(document: TestSend, rulebook: Rulebook) -> Any:
    """The version, compiled, that is sent: drafts too, and paused ones. Raises InvalidDocument where there is none such."""
    chain = rulebook.chain(ACTIVITY, document.activity)
    if chain is None or chain.newest is None:
        raise InvalidDocument("/activity", f"there is no activity {document.activity!r}: save it first, or mend the code")
    version = chain.newest
    if document.version is not None:
        found = next((each for each in chain.standing if each.saved.version == document.version), None)
        if found is None:
            raise InvalidDocument("/version", f"activity {document.activity!r} has no version {document.version}")
        version = found
    if version.state == "archived":
        raise InvalidDocument("/version" if document.version else "/activity", f"activity {document.activity!r} is archived")
    return version.compiled


def send_test(document: TestSend, version: Any, member: Member, rulebook: Rulebook, now_us: int, happened: list[Happened]) -> None:
    """Makes the grant, and releases all of its gifts at once. `now_us`: by the clock (epoch us)."""
    label = f"test/{document.test_id}"
    grant = Grant(
        f"{grants_of(version.code, document.member_id)}{label}",
        version.code,
        document.member_id,
        None,
        None,
        iso(document.sent_at),
        version.gifts,
        version.version,
        notify=version.notify,
        test=document.test_id,
    )
    make(member, version, version.terms_of(0), [grant], label, document.sent_at, now_us, rulebook, happened, at_once=True)
