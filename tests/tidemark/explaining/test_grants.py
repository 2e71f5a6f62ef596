"""A member's grants, and what became of each gift, of what stands on topics and in his record."""

from __future__ import annotations

from rules.clock import DocumentsClock
from rules.gifts.terms import Granting
from streams.topics import GIFTS, RELEASES
from tests.agents.gifts import POINTS, claim, giving
from tests.folding import Folding
from tests.oracle.examples import at, order
from tidemark.explaining.grants import made_grants

GRANTS = 300


class Looked(dict[int, Granting]):
    """Versions by ref, and how often one was looked up."""

    times = 0

    def __getitem__(self, ref: int) -> Granting:
        self.times += 1
        return super().__getitem__(ref)


def test_what_waits_is_looked_at_once_however_much_it_is() -> None:
    folding = Folding(giving(POINTS | {"claim": "member"}, POINTS | {"release": "daily"}), DocumentsClock())
    for number in range(GRANTS):
        folding.take(order(f"o{number}", at(1), ("x", 1, 100)))
    folding.take(claim("spend/ann/7", at(1), 1))
    folding.turn()
    (table,) = folding.tables
    member = table.look("ann")
    table.put_by.bring_back("ann", member)
    looked = folding.rulebook.granting = Looked(folding.rulebook.granting)
    gifts, releases = ([record.value or b"" for record in folding.outputs[topic]] for topic in (GIFTS, RELEASES))
    made = made_grants(gifts, releases, "ann", member, folding.rulebook)
    states = {grant.grant_id: [gift.state for gift in grant.gifts] for grant in made}
    assert states == {f"spend/ann/{number}": ["to_claim", "waits"] for number in range(1, GRANTS + 1)} | {
        "spend/ann/7": ["claimed", "waits"]
    }
    # Once for each entry, and once for each gift that is to be released.
    assert looked.times <= 4 * GRANTS
