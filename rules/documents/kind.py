"""What is known of one kind of document: all that the flow asks of it before what it does (spec 1.1 to 1.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct

from rules.documents.judging import Judging
from rules.documents.lines import Items
from rules.documents.tolerant.fields import Fields

if TYPE_CHECKING:
    from rules.documents.accepted import Accepted


class Document(Protocol):
    """What every document has, of whatever kind."""

    @property
    def member_id(self) -> str | None:
        """Whose it is; None: nobody's who is known."""

    @property
    def received_at(self) -> datetime | None:
        """When it was first received, where it says so itself."""


# The digests that a document is known by (spec 1.4): of all that counts in it; of its own id; of its business key, where it has one; and of
# that as the release before made it, where that was another.
KnownBy = tuple[bytes, bytes, bytes | None, bytes | None]
# What paid for it and was bought or given before, by method: minor units above 0.
Assets = Mapping[str, int]
NO_ASSETS: Final[Assets] = {}


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of document, told by its `type`.

    `shape`: its Struct in the strict form, tagged with the type; `other_shapes`: what `read` may give besides. `read(fields)`: one that is
    not in the strict form; raises InvalidDocument. `time_field`: which field says when it happened; where that is left out, it happened
    when it was received. `check(document, judging)`: the lines by sku, their sum and the assets that paid for them, once all that must
    hold of the fields together does; raises InvalidDocument. `accept`: where one function does that and all else that `accept` of
    `rules.documents.accepting` does, it. `may_be_late`: whether it is taken however long after it happened it came
    (spec 1.1, 1.5); none of a kind without it is. `needs_member`: whether one without a member is none (spec 1.2). `id_field`: which
    field is its id, of a kind that is known. `known_by(document, assets, seed)`: the digests that a member's is known by (spec 1.4); none
    where it may come as often as it likes. `keys(document, seed)`: where `accept` does that too, the second and the third of them, for who
    asks for these alone. `moves_clock`: whether a replay's clock goes on to it whatever comes of it, once it is neither
    malformed nor late (spec 1.5). `content_before(document)`: the first of the digests as the release before made it, by which documents
    that came then are known.
    """

    shape: type[Struct]
    other_shapes: tuple[type[Struct], ...] = ()
    read: Callable[[Fields], Any]
    time_field: str
    check: Callable[[Any, Judging], tuple[Items, int, Assets]] | None = None
    accept: Callable[[Any, int, Judging, int], Accepted] | None = None
    may_be_late: Callable[[Any], bool] | None = None
    needs_member: Callable[[Any], bool] | None = None
    id_field: str = ""
    known_by: Callable[[Any, Assets, int], KnownBy] | None = None
    keys: Callable[[Any, int], tuple[bytes, bytes | None]] | None = None
    moves_clock: bool = False
    content_before: Callable[[Any], bytes] | None = None
