"""What documents add to the figures, as it is noted until their turn ends."""

from __future__ import annotations

from msgspec import Raw, Struct

from rules.documents.lines import Items
from rules.rulebook.figured import Figured

# A minute, store, channel and currency.
Place = tuple[int, str, str, str]
# An order: where it was sold; its amount; the versions (refs) in which it counts; its items, where some of them do not count in all of
# these; in which its member is counted for the first time (by the ref of any version); the day of which it is his first; whether it
# registered him; and its id.
Sold = tuple[Place, int, tuple[int, ...], Items | None, tuple[int, ...], int | None, bool, str]


class Added(Struct, gc=False):
    """So much is added to a `field` of the row of an activity, or of a cell."""

    where: str | Place
    field: str
    number: int


class GivenOut(Struct, gc=False):
    """All gifts of a grant (`whole`), or one of them, are given. `released_at`: None where a grant has none that is released with it.
    `place`: of what brought the grant about.
    """

    gifts: Raw
    activity: Figured
    released_at: str | None
    whole: bool
    place: Place | None = None
