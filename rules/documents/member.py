"""A member registered or changed (spec 1.7)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from rules.documents.fields import Id, Time
from rules.documents.judging import Judging
from rules.documents.kind import Kind
from rules.documents.lines import Items
from rules.documents.tolerant.fields import Fields


class MembershipDocument(Struct, gc=False):
    """A program that a member belongs to; documents placed before `since` do not count in it."""

    program: Id
    since: Time | None = None


class MemberDocument(Struct, gc=False, tag="member", tag_field="type", kw_only=True):
    """A member registered or changed (spec 1.7). `programs`, where given, are all the programs that he belongs to."""

    member_id: Id
    programs: list[MembershipDocument | Id] | UnsetType = UNSET
    registered_at: Time | None = None
    received_at: Time | None = None


def _read(fields: Fields) -> MemberDocument:
    """As tolerantly as may be."""
    return MemberDocument(
        member_id=fields.id("member_id"),
        programs=_programs(fields),
        registered_at=fields.time_or_none("registered_at"),
        received_at=fields.time_or_none("received_at"),
    )


def _programs(fields: Fields) -> list[MembershipDocument | str] | UnsetType:
    if not fields.has("programs"):
        return UNSET
    return [
        each if isinstance(each, str) else MembershipDocument(each.id("program"), each.time_or_none("since"))
        for each in fields.ids_or_objects("programs")
    ]


def _check(_: MemberDocument, judging: Judging) -> tuple[Items, int]:
    """Which programs there are is looked at when it is applied."""
    return [], 0


def _may_be_late(_: MemberDocument) -> bool:
    return True


KIND = Kind(shape=MemberDocument, read=_read, time_field="registered_at", check=_check, may_be_late=_may_be_late)
