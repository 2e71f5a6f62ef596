"""A record of `gifts`, to the grant that it holds (spec 4.1, 4.2)."""

from __future__ import annotations

import msgspec

from rules.gifts.granted import Granted
from streams.decode import INVALID, TOO_LARGE, UNDECODABLE, Malformed

_decode = msgspec.json.Decoder(Granted).decode


def decode_grant(data: bytes | None, max_bytes: int) -> Granted:
    """The grant of a record. Raises Malformed."""
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    if len(data) > max_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {max_bytes} allowed")
    try:
        return _decode(data)
    except msgspec.ValidationError as error:
        # JSON that is no object is no document at all, as on the feeds.
        raise Malformed(INVALID if data.lstrip().startswith(b"{") else UNDECODABLE, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
