"""Members of any kind, for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rules.state import HeldRefund, Member, Membership
from rules.times import FIRST_MS, LAST_MS

# A refund is held for some days after it was received.
MOMENTS = st.integers(FIRST_MS, LAST_MS + 1000 * 86_400_000)
INTEGERS = st.integers(-(2**60), 2**60)
REFS = st.integers(0, 2**40)
HELD = st.builds(HeldRefund, st.text(), st.text(), MOMENTS, MOMENTS, st.binary(), st.text())
MEMBERSHIPS = st.builds(Membership, st.text(), INTEGERS, INTEGERS, INTEGERS, st.none() | st.text())


@st.composite
def members(draw: st.DrawFn) -> Member:
    """A member as rules leave him."""
    member = Member(
        memberships=draw(st.lists(MEMBERSHIPS, max_size=3)),
        progress=draw(st.dictionaries(REFS, INTEGERS, max_size=5)),
        granted=draw(st.dictionaries(REFS, REFS, max_size=5)),
        registered=draw(st.booleans()),
    )
    member.gained.update(draw(st.dictionaries(st.text(), REFS, max_size=5)))
    for refund in draw(st.lists(HELD, max_size=5)):
        member.hold(refund)
    return member


def parts(member: Member) -> dict[str, Any]:
    """All that is remembered of a member, opened, so that it can be compared."""
    names = ("due_ms", "memberships", "progress", "granted", "registered", "gained")
    return {name: getattr(member, name) for name in names} | {"held": list(member.held)}
