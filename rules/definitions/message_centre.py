"""What members are told, and whether they are: the one document of its kind (spec 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Text
from rules.definitions.kind import Kind
from rules.definitions.saved import Saved
from rules.messages.filling import text_faults
from rules.rulebook.compiled.message_centre import CompiledMessageCentre
from rules.rulebook.programs import Programs


class MessageCentre(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="message_centre", tag_field="kind"):
    """The definition. `coupon_arrival`: whether members are told in mini programs of coupons that arrived. `texts`: by name, as an
    activity's `notify.message` names them. Those of some names are sent by programs (rules/messages).
    """

    code: Literal["message-centre"]
    coupon_arrival: bool = False
    texts: Annotated[dict[str, Text], Meta(max_length=1_000)] = {}


def _faults(_centre: MessageCentre, _document: Mapping[str, object]) -> Iterator[Fault]:
    return iter(())


def _set_faults(centre: MessageCentre, _whole: WholeSet) -> Iterator[Fault]:
    return text_faults(centre.texts)


def _compile(centre: MessageCentre, _saved: Saved, _ref: int, _first_ref: int, _programs: Programs) -> CompiledMessageCentre:
    return CompiledMessageCentre(centre.coupon_arrival, centre.texts)


MESSAGE_CENTRE = Kind(name="message_centre", shape=MessageCentre, faults=_faults, set_faults=_set_faults, compile=_compile)
