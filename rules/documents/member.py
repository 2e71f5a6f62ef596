"""A member registered or changed (spec 1.7)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from rules.documents.fields import Id, Time
from rules.documents.kind import Kind
from rules.documents.lines import Items


class MembershipDocument(Struct, gc=False):
    """A program that a member belongs to; documents placed before `since` do not count in it."""

    program: Id
    since: Time | None = None


class MemberDocument(Struct, gc=False, tag="member", tag_field="type", kw_only=True):
    """A member registered or changed (spec 1.7). `programs`, where given, are all the programs that he belongs to."""

    member_id: Id
    programs: list[MembershipDocument | str] | UnsetType = UNSET
    registered_at: Time | None = None
    received_at: Time | None = None


def _check(_: MemberDocument, max_lines: int) -> tuple[Items, int]:
    """Which programs there are is looked at when it is applied."""
    return [], 0


def _may_be_late(_: MemberDocument) -> bool:
    return True


KIND = Kind(shape=MemberDocument, time_field="registered_at", check=_check, may_be_late=_may_be_late)
