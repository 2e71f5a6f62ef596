"""What is remembered of a member and of an order. Kept as bytes; decoded for the turn that touches it.

Programs and activities are named here by their ref: the offset of the version on the definitions topic, which never changes.
"""

from __future__ import annotations

from msgspec import Struct

NEVER_MS = 2**63 - 1
ALWAYS_MS = -(2**62)


class Membership(Struct, array_like=True, gc=False):
    """A member's standing in one program (spec 1.7, 3).

    `spent`: signed sum of what counted, minor units (spec 1.2, 3.3). `level`: the level's code, None for none; `level_since_ms`:
    when it came to be held. `since_ms`: NEVER_MS once he has left the program. `judged`: by which version of the program the level
    was last judged, by its ref; -1 where the record does not say.
    """

    program: str
    since_ms: int
    level_since_ms: int
    spent: int = 0
    level: str | None = None
    judged: int = -1

    @property
    def left(self) -> bool:
        """Whether the member left the program: what is kept is for refunds, and for his coming back."""
        return self.since_ms == NEVER_MS


class HeldRefund(Struct, array_like=True, gc=False):
    """A refund that came before its order: its raw bytes, until when it is held (spec 1.2), and where it came from."""

    refund_id: str
    order_id: str
    due_ms: int
    received_ms: int
    raw: bytes
    source: str


class Member(Struct, array_like=True, gc=False):
    """All that is remembered of a member.

    `progress`: by ref of the activity's version, signed sums (spec 2.2, 2.5). `granted`: by ref of the activity's first version, the
    highest ordinal granted (spec 2.4). `gained`: by "program/level", how often it was gained; by "ref/program/level", that the
    tier_upgrade has granted for it (spec 2.8).
    """

    # First, so that it is seen of a record at rest whether anything waits.
    held: list[HeldRefund]
    memberships: list[Membership]
    progress: dict[int, int]
    granted: dict[int, int]
    gained: dict[str, int]
    # False while all that came of him is a refund that is held.
    registered: bool = True


class OrderRecord(Struct, gc=False):
    """What an order contributed, and what of it is left (spec 1.2, 1.4).

    `content`: digest of the document's values (spec 1.4). `came_ms`: the partition's clock then. `items`: sku, pieces left, amount
    left in turn; pieces are those of lines with an amount (spec 2.2). `taken_back`: what refunds have taken of the amount; `left_out`:
    what of the amount at first did not count towards levels (spec 3.3). `programs`: by ref of the first version, those whose levels it
    counted for; `activities`: refs of the versions that it counted in.
    """

    content: bytes
    came_ms: int
    currency: str
    items: list[str | int]
    programs: list[int]
    activities: list[int]
    left_out: int = 0
    taken_back: int = 0
