"""A record of `figures`, to what a turn has added (spec 4.6)."""

from __future__ import annotations

import msgspec

from rules.figures.additions import Additions
from streams.decode import INVALID, UNDECODABLE, Malformed

_decode = msgspec.json.Decoder(Additions).decode


def decode_additions(data: bytes | None, _max_bytes: int) -> Additions:
    """What stands in a record, which is as large as a turn makes it. Raises Malformed."""
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    try:
        return _decode(data)
    except msgspec.ValidationError as error:
        raise Malformed(INVALID, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
