"""Members who claim in an app what was released to them: claims, put among the documents that are still to come (spec 2.6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

# Of four members, by their number, one does not look into the app.
_ONE_IN = 4


class _Timed(Struct):
    """A document, as far as it tells the time."""

    received_at: str | None = None


_time_of = msgspec.json.Decoder(_Timed).decode


class Claims:
    """Hears of what is released, and has those who claim send a claim with the next document, at that one's time."""

    def __init__(self) -> None:
        # No longer than there are gifts to claim.
        self._waiting: deque[Mapping[str, Any]] = deque()

    def heard(self, release: Mapping[str, Any]) -> None:
        """Takes a record of `releases`."""
        if release["claimed_at"] is None and int(release["member_id"]) % _ONE_IN:
            self._waiting.append(release)

    def among(self, documents: Iterable[bytes]) -> Iterator[bytes]:
        """The documents, and after each the claims of what has been released meanwhile."""
        time = None
        for document in documents:
            yield document
            time = _time_of(document).received_at or time
            while self._waiting and time is not None:
                yield msgspec.json.encode(_claim(self._waiting.popleft(), time))


def _claim(release: Mapping[str, Any], time: str) -> dict[str, Any]:
    return {
        "type": "claim",
        "member_id": release["member_id"],
        "grant_id": release["grant_id"],
        "gift": release["gift"],
        "claimed_at": time,
        "received_at": time,
    }
