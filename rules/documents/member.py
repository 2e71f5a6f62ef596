"""A member registered or changed (spec 1.7)."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from rules.documents.fields import CHANNELS, MAX_ID_CHARACTERS, Channel, Id, Time
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind
from rules.documents.lines import Items
from rules.documents.tolerant.fields import Fields

MOST_TAGS = 1_000
MOST_MINI_PROGRAMS = 100
CONSENTS = ("sms", "mini_program", "email")
_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
# With its year, a day that this has; without, any day of a leap year; or none.
BIRTHDAY = rf"^(?:{_YEAR}-{_DAY}|(?:{_LEAP_YEAR}-)?02-29|{_DAY}|)\Z"

# Empty: there is none.
Line = Annotated[str, Meta(max_length=MAX_ID_CHARACTERS)]


class MembershipDocument(Struct, gc=False):
    """A program that a member belongs to; documents placed before `since` do not count in it."""

    program: Id
    since: Time | None = None


class Consents(Struct, gc=False):
    """What a member agreed to, or not."""

    sms: bool | None = None
    mini_program: bool | None = None
    email: bool | None = None


class MemberDocument(Struct, gc=False, tag="member", tag_field="type", kw_only=True):
    """A member registered or changed (spec 1.7). `programs`, where given, are all the programs that he belongs to, and `tags` all his
    tags; of `mini_programs` and `consents` those that are named are changed. Text that is empty is taken away.
    """

    member_id: Id
    programs: list[MembershipDocument | Id] | UnsetType = UNSET
    registered_at: Time | None = None
    registered_channel: Channel | None = None
    name: Line | None = None
    phone: Line | None = None
    birthday: Annotated[str, Meta(pattern=BIRTHDAY)] | None = None
    tags: Annotated[list[Id], Meta(max_length=MOST_TAGS)] | None = None
    mini_programs: Annotated[dict[Id, Id], Meta(max_length=MOST_MINI_PROGRAMS)] | None = None
    consents: Consents | None = None
    organization: Line | None = None
    merged_into: Id | None = None
    deleted: bool | None = None
    received_at: Time | None = None


def _read(fields: Fields) -> MemberDocument:
    """As tolerantly as may be."""
    channel = fields.one_of("registered_channel", CHANNELS) if fields.has("registered_channel") else None
    return MemberDocument(
        member_id=fields.id("member_id"),
        programs=_programs(fields),
        registered_at=fields.time_or_none("registered_at"),
        registered_channel=channel,  # type: ignore[arg-type]
        name=fields.line_or_none("name"),
        phone=fields.line_or_none("phone"),
        birthday=fields.matching_or_none("birthday", BIRTHDAY, "a day that there is, as YYYY-MM-DD or MM-DD"),
        tags=fields.ids("tags", MOST_TAGS) if fields.has("tags") else None,
        mini_programs=fields.ids_by_name("mini_programs", MOST_MINI_PROGRAMS) if fields.has("mini_programs") else None,
        consents=_consents(fields),
        organization=fields.line_or_none("organization"),
        merged_into=fields.id_or_none("merged_into"),
        deleted=fields.flag_or_none("deleted"),
        received_at=fields.time_or_none("received_at"),
    )


def _programs(fields: Fields) -> list[MembershipDocument | str] | UnsetType:
    if not fields.has("programs"):
        return UNSET
    return [
        each if isinstance(each, str) else MembershipDocument(each.id("program"), each.time_or_none("since"))
        for each in fields.ids_or_objects("programs")
    ]


def _consents(fields: Fields) -> Consents | None:
    asked = fields.object_or_none("consents")
    return None if asked is None else Consents(*(asked.flag_or_none(name) for name in CONSENTS))


def _check(document: MemberDocument, judging: Judging) -> tuple[Items, int, Assets]:
    """Which programs there are is looked at when it is applied."""
    return [], 0, NO_ASSETS


def _may_be_late(_: MemberDocument) -> bool:
    return True


KIND = Kind(shape=MemberDocument, read=_read, time_field="registered_at", check=_check, may_be_late=_may_be_late)
