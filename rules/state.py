"""What is remembered of a member. Kept as bytes; decoded for the turn that touches it.

Programs and activities are named here by their ref: the number of the version's record on the definitions topic, which never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw, Struct

from rules.gifts.waiting import Claimable, Unreleased
from rules.levels.kept import Standing

NEVER_MS: Final = 2**63 - 1
ALWAYS_MS: Final = -(2**62)
ALWAYS_US: Final = ALWAYS_MS * 1000
NEVER_US: Final = NEVER_MS * 1000
# Of most memberships all counts: in the record it is a number of one byte. None begins in the last millisecond of 1969.
FROM_EVER_MS: Final = -1
# What counted of a member is kept so many days at least, unless set, for rules that are yet to change (spec 3.6).
KEEP_DAYS: Final = 400


class Membership(Struct, array_like=True, gc=False):
    """A member's standing in one program (spec 1.7, 3).

    `spent`: signed sum of what counted, minor units (spec 1.2, 3.3). `level`: the level's code, None for none; `level_since_ms`:
    when it came to be held. `since_ms`: from when on documents count, rounded up (rules/finer.py); FROM_EVER_MS: all do; NEVER_MS once
    he has left the program. `judged`: by which version of the program the level was last judged, by its ref; -1 where the record does
    not say. `standing`: where levels have terms, or were paid for. `ledger`: what another rule may judge by, and
    this one does not (`rules.levels.ledger`).
    """

    program: str
    since_ms: int
    level_since_ms: int
    spent: int = 0
    level: str | None = None
    judged: int = -1
    standing: Standing | None = None
    ledger: bytes = b""

    @property
    def left(self) -> bool:
        """Whether the member left the program: what is kept is for refunds, and for his coming back."""
        return self.since_ms == NEVER_MS


class HeldRefund(Struct, array_like=True, gc=False):
    """A refund that came before its order: its raw bytes, until when it is held (spec 1.2), and where it came from. `of_points`: it is of
    points, and takes back from others (spec 1.10). Without a source it is a stand-in, as of gifts that wait (rules/gifts/waiting.py).
    """

    refund_id: str
    order_id: str
    due_ms: int
    received_ms: int
    raw: bytes
    source: str
    of_points: bool = False

    @property
    def next_ms(self) -> int:
        """When something of it is next due."""
        return self.due_ms

    @property
    def number(self) -> int:
        """Of a stand-in, that of its record; 0 of others."""
        return 0 if self.source else self.received_ms

    @property
    def size_bytes(self) -> int:
        """How many bytes are held; of a stand-in, of all that it stands for."""
        return len(self.raw) if self.source else int(self.refund_id)

    @staticmethod
    def stand_in(number: int, some: Sequence[HeldRefund]) -> HeldRefund:
        """For these, in the record of that number."""
        size_bytes = sum([each.size_bytes for each in some])
        return HeldRefund(str(size_bytes), "", min([each.due_ms for each in some]), number, b"", "")


class Profile(Struct, omit_defaults=True, gc=False):
    """What a member's own documents say of him (spec 1.7); what none said is empty. `birthday`: YYYY-MM-DD or MM-DD. `mini_programs`: his
    id in each, by its code. `consents`: by what he was asked for. `exact_us`: times, see rules/finer.py.
    """

    name: str = ""
    phone: str = ""
    birthday: str = ""
    tags: list[str] = []
    registered_channel: str = ""
    organization: str = ""
    mini_programs: dict[str, str] = {}
    consents: dict[str, bool] = {}
    exact_us: dict[str, int] = {}


class HeldRun(Struct, array_like=True, gc=False):
    """A run of a bulk that a member is in, and that was not made of him before its activity was paused (spec 2.9): of which activity and
    version (refs), when it started, and its period.
    """

    first_ref: int
    ref: int
    start_ms: int
    period: str


class Kin(Struct, array_like=True, gc=False):
    """Another id of a member: it led to him from then on (spec 1.7). What came under it is asked for where it came, until `until_ms`
    (epoch ms); `numbers`: by program, how much higher the numbers of its terms are here, and `last_numbers`: the last of them; `stretches`:
    when what counted under it since an upgrade began (epoch us; rules/levels/since_upgrade.py). As it then was, for claims of what was
    granted under it: `granted`, `gained`, `for_claims` and `made_runs`, see Member and Seldom.
    """

    member_id: str
    until_ms: int
    numbers: dict[str, int] = {}
    granted: dict[int, int] = {}
    gained: dict[str, int] = {}
    for_claims: dict[int | str, list[int]] = {}
    made_runs: dict[int, tuple[int, int]] = {}
    last_numbers: dict[str, int] = {}
    stretches: dict[str, list[int]] = {}


# The parts of what changes seldom, as they are called at rest.
PARTS: Final = {
    "held": "h",
    "gained": "g",
    "profile": "p",
    "registered_ms": "r",
    "unreleased": "u",
    "claimable": "c",
    "for_claims": "x",
    "given": "f",
    "claims": "t",
    "ran_ms": "w",
    "held_runs": "q",
    "made_runs": "m",
    "issues_ms": "i",
    "days": "d",
    "kin": "k",
}


class Seldom(Struct, omit_defaults=True, gc=False, rename=PARTS):
    """What changes seldom of a member, a line a part; what is empty takes no bytes. Read as a whole where one part is asked for.

    `gained`: by "program/level", how often it was gained; by "ref/program/level", which of these gains the tier_upgrade has granted for
    last, 0 for one that it never will (spec 2.8). `registered_ms`: ALWAYS_MS of who was registered by a release that did not remember it.
    `unreleased`, `claimable`: gifts that wait (spec 2.6). `for_claims`: what is known of grants that only claims ask for: by ref of the
    activity's first version, ordinals that a limit refused, as the first and last of runs without a gap (spec 2.10); by
    "ref/program/level", likewise, gains for which a tier_upgrade with `regain` has not granted, up to the last for which it has; and under
    names of their own, by which versions grants were made (rules/gifts/made_by.py) and which points were given
    (rules/benefits/points_given.py). Where figures are kept, of tier_upgrades and bulks: `given`, by
    ref of the first version, those that have granted him; `claims`, by "ref/coupon", when he first claimed one (epoch microseconds; spec
    2.7); and `days` on which he bought, since the epoch, but for the latest, which `last_bought_min` tells (rules/figures/days.py).
    `ran_ms`: runs that started until then are done with (spec 2.9); where it is earlier than what is known of everybody in his partition,
    that holds. `held_runs`: see HeldRun. `made_runs`: by ref of a bulk's first version, see rules/bulk/made.py.
    `issues_ms`: when a benefit of his levels is next issued by the calendar, or earlier (spec 3.8). `kin`: the ids that lead to
    him; of an id that leads on, the one to which it does. With more than these 15 parts each member would take two bytes more.
    """

    held: list[HeldRefund] = []
    gained: dict[str, int] = {}
    profile: Profile | None = None
    registered_ms: int = ALWAYS_MS
    unreleased: list[Unreleased] = []
    claimable: list[Claimable] = []
    for_claims: dict[int | str, list[int]] = {}
    given: list[int] = []
    claims: dict[str, int] = {}
    ran_ms: int = ALWAYS_MS
    held_runs: list[HeldRun] = []
    made_runs: dict[int, tuple[int, int]] = {}
    issues_ms: int = NEVER_MS
    days: list[int] = []
    kin: list[Kin] = []


if TYPE_CHECKING:
    # As it stands in the record, until it is asked for.
    SeldomAtRest = Raw | Seldom
else:
    SeldomAtRest = Raw

# What `Member.bought` is made of. Minutes are enough: no local day begins within one.
MINUTE_MS: Final = 60_000
ON_POS, ONLINE, PURCHASE = 1, 2, 4

# `Member.bought` of an id without purchases that leads to another, or was deleted.
NOT_ITS_OWN: Final = ~0

# The first byte of a member's record after its array's header.
MEMBER_FORMAT: Final = 3
# Due times at rest are counted from the year 1: so all of them take the same eight bytes.
DUE_FROM_MS: Final = -62_135_596_800_000

_encode: Final = msgspec.msgpack.Encoder().encode
_NO_SELDOM: Final = Raw(_encode(Seldom()))
# How these parts begin at rest: with their names.
_HELD: Final = _encode(PARTS["held"])
_UNRELEASED: Final = _encode(PARTS["unreleased"])
_decode_seldom: Final = msgspec.msgpack.Decoder(Seldom).decode


def seldom_registered(registered_ms: int) -> SeldomAtRest:
    """What changes seldom of a member of whom only that is known, as it stands in the record: to open it would take fifteen parts."""
    return Raw(_encode({PARTS["registered_ms"]: registered_ms}))


class Member(Struct, array_like=True, tag=MEMBER_FORMAT, gc=False):
    """All that is remembered of a member.

    `due`: when something of his is next due, since DUE_FROM_MS, or earlier, never later; NEVER_MS where nothing is. `progress`: by ref of
    the first version of an activity's threshold epoch, signed sums (spec 2.2, 2.5). `granted`: by ref of the activity's first version, how
    many grants were owed: of a cumulative_spend the highest ordinal (spec 2.4). `registered`: false while all that came of him is a refund
    that is held. `pruned`: how many activities' books were closed when what he had of them was dropped. `bought`: his purchases, in one
    number: PURCHASE for each, and the channels that they came on (spec 5). `last_bought_min`: the latest time at which one was placed,
    minutes since the epoch. Whose id leads to another, or was deleted, or has others lead to it, has the complement of that number: so it
    takes no more bytes of who has but one id (spec 1.7).
    """

    due: int = NEVER_MS
    memberships: list[Membership] = []
    progress: dict[int, int] = {}
    granted: dict[int, int] = {}
    rest: SeldomAtRest = _NO_SELDOM
    registered: bool = True
    pruned: int = 0
    bought: int = 0
    last_bought_min: int = 0

    @property
    def seldom(self) -> Seldom:
        """What changes seldom, opened."""
        rest = self.rest
        if isinstance(rest, Raw):
            rest = self.rest = Seldom() if rest is _NO_SELDOM else _decode_seldom(rest)
        return rest

    @property
    def purchases(self) -> int:
        """See `bought`: the number."""
        bought = self.bought
        return bought if bought >= 0 else ~bought

    @property
    def leads_on(self) -> bool:
        """Whether the id is another's."""
        return self.bought < 0 and not self.registered and bool(self.seldom.kin)

    @property
    def leads_to(self) -> str:
        """The id to which one leads that does."""
        return self.seldom.kin[0].member_id

    @property
    def deleted(self) -> bool:
        """Whether it was deleted, and is nobody's."""
        return self.bought < 0 and not self.registered and not self.seldom.kin

    @property
    def gained(self) -> dict[str, int]:
        """See Seldom."""
        return self.seldom.gained

    @property
    def held(self) -> Sequence[HeldRefund]:
        """Refunds that wait for their orders, in the order in which they came. `hold` adds to them, `keep_held` leaves some."""
        return self.seldom.held if self._may_have(_HELD) else ()

    @property
    def unreleased(self) -> Sequence[Unreleased]:
        """Gifts that are to be released."""
        return self.seldom.unreleased if self._may_have(_UNRELEASED) else ()

    def _may_have(self, part: bytes) -> bool:
        """Whether something of a part waits for its time. What is not opened is not, for one that does not stand in it."""
        if self.due == NEVER_MS:
            return False
        return not isinstance(self.rest, Raw) or part in bytes(self.rest)

    @property
    def due_ms(self) -> int:
        """When something of his is next due, or earlier; NEVER_MS where nothing is."""
        return NEVER_MS if self.due == NEVER_MS else self.due + DUE_FROM_MS

    @property
    def ends_ms(self) -> int:
        """When the next term of a level ends, spent or paid for, in the programs that he is in; NEVER_MS where none does."""
        ends_ms = NEVER_MS
        for membership in self.memberships:
            standing = membership.standing
            if standing is not None and not membership.left:
                ends_ms = min(ends_ms, standing.next_end_ms)
        return ends_ms

    def hold(self, refund: HeldRefund) -> None:
        """Keeps a refund that came before its order."""
        self.seldom.held.append(refund)
        self.wait_until(refund.due_ms)

    def keep_held(self, refunds: Sequence[HeldRefund]) -> None:
        """Of the refunds that wait, these are left."""
        self.seldom.held = list(refunds)
        self.find_due()

    def wait_for(self, gifts: Unreleased | Claimable) -> None:
        """Keeps gifts that are to be released, or claimed."""
        if isinstance(gifts, Unreleased):
            self.seldom.unreleased.append(gifts)
            self.wait_until(gifts.due_ms)
        else:
            self.seldom.claimable.append(gifts)
            self.wait_until(gifts.until_ms)

    def wait_until(self, due_ms: int) -> None:
        """Something more of his is due then."""
        self.due = min(self.due, due_ms - DUE_FROM_MS)

    def find_due(self) -> None:
        """Sets `due`: whatever waits for its time is looked at here."""
        rest = self.seldom
        due_ms = min(rest.issues_ms, self.ends_ms)
        # Each is empty of most.
        if rest.held:
            due_ms = min(due_ms, *(held.due_ms for held in rest.held))
        if rest.unreleased:
            due_ms = min(due_ms, *(gifts.due_ms for gifts in rest.unreleased))
        if rest.claimable:
            due_ms = min(due_ms, *(gifts.until_ms for gifts in rest.claimable))
        self.due = NEVER_MS if due_ms == NEVER_MS else due_ms - DUE_FROM_MS
