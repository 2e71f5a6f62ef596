"""A cart in a file, and a member in one (spec 3.10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from rules.benefits.cart import Cart, cart_faults
from rules.benefits.had import Issued
from rules.definitions.checking.fault import Fault
from rules.definitions.checking.shape import shape_faults
from rules.definitions.fields import Code
from rules.definitions.kinds import without_nulls
from rules.documents.change import PROGRAM
from rules.documents.member import BIRTHDAY
from rules.levels.kept import PaidTerm, Standing
from rules.state import ALWAYS_MS, NEVER_MS, Member, Membership, Profile, Seldom
from tidemark.definitions.text import Unreadable, documents_of_json, documents_of_yaml, text_of
from tidemark.wrong_file import WrongFile

_T = TypeVar("_T", bound=Struct)


class NotReadable(WrongFile):
    """A file that holds no cart, or no member."""


class MemberFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`levels`: that he holds, by program; `paid`: programs in which he has paid for that level. `issued`: records of `benefits`."""

    levels: dict[Code, Code] = {}
    paid: tuple[Code, ...] = ()
    birthday: str = ""
    organization: str = ""
    issued: Annotated[tuple[dict[str, object], ...], Meta(max_length=1_000)] = ()


def read_cart(path: Path) -> Cart:
    """The cart of a file, YAML or JSON. Raises NotReadable."""
    return _read(path, Cart, cart_faults)


def read_member(path: Path) -> tuple[Member, list[Issued]]:
    """A member as a file says he is, and what was issued to him. Raises NotReadable."""
    said = _read(path, MemberFile, _member_faults)
    profile = Profile(birthday=said.birthday, organization=said.organization)
    memberships = [Membership(program, ALWAYS_MS, ALWAYS_MS, level=level) for program, level in said.levels.items()]
    for membership in memberships:
        if membership.program in said.paid and membership.level is not None:
            membership.standing = Standing(paid={membership.level: PaidTerm(None, NEVER_MS, True)})
    issued = [msgspec.convert(each, Issued) for each in said.issued]
    return Member(memberships=memberships, rest=Seldom(profile=profile)), issued


def check_levels(path: Path, member: Member, documents: Sequence[Mapping[str, object]]) -> None:
    """Raises NotReadable where the member of a file holds a level that no program of these definitions has."""
    programs = {str(each["code"]): each for each in documents if each["kind"] == PROGRAM}
    wrong = []
    for membership in member.memberships:
        program = programs.get(membership.program)
        levels = [] if program is None else msgspec.convert(program.get("levels", ()), list[dict[str, object]])
        if program is None:
            wrong.append(f"{path}: levels.{membership.program}: there is no such program")
        elif membership.level not in [level["code"] for level in levels]:
            wrong.append(f"{path}: levels.{membership.program}: there is no level {membership.level!r}")
    if wrong:
        raise NotReadable(*wrong)


def _member_faults(said: MemberFile) -> Iterator[Fault]:
    if said.birthday and re.search(BIRTHDAY, said.birthday) is None:
        yield Fault("birthday", "expected YYYY-MM-DD or MM-DD")
    for place, each in enumerate(said.issued):
        try:
            msgspec.convert(each, Issued)
        except msgspec.ValidationError as error:
            yield Fault(f"issued[{place}]", f"expected a record of the topic benefits: {error}")


def _read(path: Path, shape: type[_T], faults: Callable[[_T], Iterator[Fault]]) -> _T:
    try:
        text = text_of(path)
        found = list(documents_of_json(text) if path.suffix == ".json" else documents_of_yaml(text))
    except Unreadable as error:
        raise NotReadable(f"{path}: {error}") from error
    if len(found) != 1 or not isinstance(found[0][1], Mapping):
        raise NotReadable(f"{path}: expected one document with fields, got {len(found)} documents, or another value")
    document = without_nulls(found[0][1])
    assert isinstance(document, dict)
    wrong = shape_faults(document, shape)
    if not wrong:
        read = msgspec.convert(document, shape)
        wrong = list(faults(read))
        if not wrong:
            return read
    raise NotReadable(*(f"{path}: {fault.field}: {fault.message}" for fault in wrong))
