"""Whose a line is, found without reading all of it where that can be: by which both processes know who reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from agents.replaying.line_types import feed_of_line
from rules.documents.kinds import BY_TYPE
from streams.decode import Limits


class _Sight(Struct, gc=False):
    type: str
    member_id: str | None = None


_decode: Final[Callable[[bytes], _Sight]] = msgspec.json.Decoder(_Sight).decode


def may_be_of(raw: bytes, limits: Limits) -> str | None:
    """The id of the member whose a line is, if it is valid; None of nobody's."""
    try:
        sight = _decode(raw)
        if sight.type in BY_TYPE and sight.member_id != "":
            return sight.member_id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # It may be read all the same: of a feed's own shape, in an envelope, or with what the strict form has not.
        pass
    return feed_of_line(raw, limits)[1]
