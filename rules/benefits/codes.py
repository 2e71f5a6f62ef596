"""Codes of issued benefits, which a cart may name (spec 3.8)."""

from __future__ import annotations

import base64
from hashlib import blake2b

# 80 bits: of a thousand million codes, a guess hits one in a thousand million million tries.
_BYTES = 10
_PERSON = b"benefit-code"


def code_of(issue_id: str, seed: int) -> str:
    """The code of an issue: the same however often the work is done, and known to nobody who has not the seed (64 bits) of the member's
    partition, which is drawn by chance and stands in its changelog alone. 16 letters and digits, none of them 0, 1, 8 or 9.
    """
    digest = blake2b(issue_id.encode(), key=seed.to_bytes(8), digest_size=_BYTES, person=_PERSON).digest()
    return base64.b32encode(digest).decode()
