"""Claims of what waits no longer: of what was claimed dropped silently, of what never was unknown, through the fold (spec 2.6)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend, upgrade

Document = dict[str, Any]
POINTS: Document = {"kind": "points", "points": 5}
WELCOME: Document = {"kind": "upgrade_points", "code": "welcome", "name": "Welcome", "points": 5}


def played(definitions: list[Document], *documents: Document) -> Folding:
    folding = Folding(definitions, DocumentsClock())
    for document in documents:
        folding.take(document, topic=MEMBERS)
    folding.turn()
    return folding


def bought(order_id: str, amount: int, day: int, member_id: str = "ann") -> Document:
    return order(order_id, at(day), ("x", 1, amount), member_id=member_id)


def claim(grant_id: str, gift: int | None = None, member_id: str = "ann", day: int = 20) -> Document:
    return {"type": "claim", "member_id": member_id, "grant_id": grant_id, "gift": gift, "claimed_at": at(day)}


def changed(document: Document, day: int, change: str = "save") -> Document:
    said: Document = {"type": "change", "change": change, "kind": document["kind"], "code": document["code"], "saved_at": at(day)}
    return said | {"saved_by": "eva"} | ({"document": document} if change == "save" else {})


def merged(day: int, member_id: str = "bob", into: str = "ann") -> Document:
    return {"type": "member", "member_id": member_id, "merged_into": into, "received_at": at(day)}


def unknown(folding: Folding, *claims: Document) -> list[bool]:
    """Of each claim, one after the other, whether there was no such gift."""
    found = []
    for each in claims:
        before = len(folding.reasons())
        folding.take(each, topic=MEMBERS)
        folding.turn()
        reasons = folding.reasons()[before:]
        assert reasons in ([], ["unknown_grant"])
        found.append(bool(reasons))
    return found


def test_a_gift_that_only_another_version_of_the_activity_has_was_never_the_members() -> None:
    one, two, three = (spend(gifts=[POINTS] * number) for number in (1, 2, 3))
    folding = played(
        [program(), one],
        bought("a", 200, 1),
        changed(two, 2),
        bought("b", 100, 3),
        # Judged by the version of its own time, though it comes later.
        bought("c", 100, 1),
        changed(one | {"name": "As at first"}, 4),
        changed(three, 5),
        bought("d", 100, 6),
    )
    assert [(grant["ordinal"], grant["version"]) for grant in folding.grants()] == [(1, 1), (2, 1), (3, 2), (4, 1), (5, 4)]
    gifts = {1: 1, 2: 1, 3: 2, 4: 1, 5: 3}
    for ordinal, last in gifts.items():
        claims = [claim(f"spend/ann/{ordinal}", gift) for gift in (1, 2, 3, 4)]
        assert unknown(folding, *claims) == [gift > last for gift in (1, 2, 3, 4)]
    assert unknown(folding, claim("spend/ann/6", 1), claim("spend/ann/5")) == [True, False]


def test_of_who_was_granted_by_versions_with_as_many_gifts_nothing_more_is_kept() -> None:
    one = spend(gifts=[POINTS])
    documents = [
        bought("a", 100, 1),
        changed(one | {"name": "Another"}, 2),
        bought("b", 100, 3),
        changed(spend(gifts=[POINTS] * 2), 4),
    ]
    folding = played([program(), one], *documents, bought("z", 100, 5, "zed"))
    ann, zed = folding.member("ann"), folding.member("zed")
    assert ann is not None and zed is not None
    assert (ann.seldom.for_claims, len(zed.seldom.for_claims)) == ({}, 1)


def test_of_very_many_changes_to_and_fro_the_first_are_forgotten_and_any_versions_gift_passes() -> None:
    one, two = spend(gifts=[POINTS]), spend(gifts=[POINTS] * 2)
    late = [bought(f"{day}{n}", 100, day) for n in range(40) for day in (1, 3)]
    folding = played([program(), one], changed(two, 2), bought("z", 1, 4, "zed"), *late)
    member = folding.member("ann")
    assert member is not None and len(folding.grants()) == 80
    assert len(next(iter(member.seldom.for_claims.values()))) == 64
    claims = [claim(f"spend/ann/{ordinal}", 2) for ordinal in (1, 3, 79, 80)]
    assert unknown(folding, *claims) == [True, False, True, False]


def test_each_step_has_as_many_gifts_as_its_version_says() -> None:
    def steps(*gifts: int) -> Document:
        document = spend("once")
        given = [{"threshold": 100 * n, "gifts": [POINTS] * number} for n, number in enumerate(gifts, 1)]
        document["condition"] = {"items": "any", "mode": "once", "measure": "amount", "steps": given}
        del document["gifts"]
        return document

    folding = played([program(), steps(1, 1, 2)], bought("a", 100, 1), changed(steps(2, 2, 1), 2), bought("b", 200, 3))
    claims = [claim(f"spend/ann/{step}", gift) for step in (1, 2, 3) for gift in (1, 2)]
    assert unknown(folding, *claims) == [False, True, False, False, False, True]


def test_an_activity_that_was_kept_back_as_another_type_is_asked_as_what_it_became() -> None:
    bulk = {"kind": "activity", "type": "bulk", "code": "spend", "name": "B", "draft": True, "segment": "all"}
    bulk |= {"schedule": {"every": "day", "at": "10:00"}, "gifts": [POINTS] * 3}
    folding = played([program(), bulk], bought("z", 1, 1, "zed"), changed(spend(gifts=[POINTS]), 2), bought("a", 100, 3))
    claims = [claim("spend/ann/1", 1), claim("spend/ann/1", 2), claim("spend/ann/2"), claim("spend/ann/2024-01-03")]
    assert unknown(folding, *claims) == [False, True, True, True]


def test_an_upgrade_that_comes_to_regain_or_has_other_gifts_is_asked_by_the_version_of_the_gain() -> None:
    once, again = upgrade("classic/one", gifts=[POINTS]), upgrade("classic/one", gifts=[POINTS] * 2, regain=True)
    lost = [refund(f"r{day}", f"o{day}", at(day + 1), ("x", 1, 100)) for day in (1, 4)]
    folding = played(
        [program(100), once], bought("o1", 100, 1), lost[0], changed(again, 3), bought("o4", 100, 4), lost[1], bought("o6", 100, 6)
    )
    grants = ["up/ann/classic/one", "up/ann/classic/one/2", "up/ann/classic/one/3"]
    assert [grant["grant_id"] for grant in folding.grants()] == grants
    assert unknown(folding, *(claim(grant, 1) for grant in grants)) == [False] * 3
    assert unknown(folding, *(claim(grant, 2) for grant in grants)) == [True, False, False]
    # The first gain is in no id, as the version of then did not say which it was.
    assert unknown(folding, claim("up/ann/classic/one/1"), claim("up/ann/classic/one/4")) == [True, True]


def test_a_gain_that_was_regained_first_is_not_known_without_its_number() -> None:
    again, once = upgrade("classic/one", gifts=[POINTS], regain=True), upgrade("classic/one", gifts=[POINTS])
    folding = played([program(100), again], bought("a", 100, 1), changed(once, 2), bought("b", 100, 3))
    assert unknown(folding, claim("up/ann/classic/one/1"), claim("up/ann/classic/one")) == [False, True]


def test_a_run_has_as_many_gifts_as_its_version_says() -> None:
    bulk = {"kind": "activity", "type": "bulk", "code": "b", "name": "B", "segment": "all"}
    bulk |= {"schedule": {"every": "day", "at": "10:00"}, "gifts": [POINTS]}
    wider = bulk | {"gifts": [POINTS] * 2}
    folding = played([program(), bulk], bought("a", 1, 1), changed(wider, 3), bought("b", 1, 5))
    assert [grant["run"] for grant in folding.grants()] == ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
    claims = [claim(f"b/ann/2024-01-0{day}", 2, day=5) for day in (1, 2, 3, 4, 5, 6)]
    assert unknown(folding, *claims) == [True, True, True, False, False, True]


def test_a_test_send_has_as_many_gifts_as_the_version_that_was_sent_whoever_its_member_is_by_now() -> None:
    def sent(test_id: str, version: int | None, member_id: str = "ann") -> Document:
        said = {"type": "test_send", "test_id": test_id, "activity": "spend", "member_id": member_id, "sent_at": at(3)}
        return said | ({} if version is None else {"version": version})

    folding = played(
        [program(), spend(gifts=[POINTS])],
        bought("a", 1, 1),
        bought("b", 1, 1, "bob"),
        changed(spend(gifts=[POINTS] * 2), 2),
        sent("old", 1),
        sent("new", None),
        sent("his", 1, "bob"),
        merged(4),
    )
    claims = [claim(f"spend/ann/test/{test}", gift) for test in ("old", "new", "none") for gift in (1, 2, 3)]
    assert unknown(folding, *claims) == [False, True, True, False, False, True, True, True, True]
    his = [claim(f"spend/bob/test/{test}", gift, who) for test in ("his", "old") for gift in (1, 2) for who in ("ann", "bob")]
    assert unknown(folding, *his) == [False, False, True, True, True, True, True, True]
    # Of another activity nothing with this id was sent to him.
    assert unknown(folding, claim("none/bob/test/his")) == [True]


def test_what_another_id_was_granted_is_asked_by_its_own_versions() -> None:
    one, two = spend(gifts=[POINTS]), spend(gifts=[POINTS] * 2)
    folding = played(
        [program(), one], bought("a", 100, 1), changed(two, 2), bought("b", 100, 3, "bob"), merged(4), bought("c", 100, 5)
    )
    assert [grant["grant_id"] for grant in folding.grants()] == ["spend/ann/1", "spend/bob/1", "spend/ann/3"]
    for who in ("ann", "bob"):
        claims = [claim(f"spend/{grant}", 2, who) for grant in ("ann/1", "bob/1", "ann/2", "ann/3")]
        assert unknown(folding, *claims) == [True, False, True, False]


@pytest.mark.parametrize("member_id", ["ann", "a/b%"])
def test_upgrade_points_were_claimed_by_their_release_and_only_those_that_were_given(member_id: str) -> None:
    levels = program(100, 200)
    levels["levels"][0]["benefits"] = [WELCOME]
    levels["levels"][1]["benefits"] = [WELCOME | {"code": "more"}]
    folding = played([levels], bought("a", 150, 1, member_id), bought("z", 1, 1, "zed"))
    (grant,) = folding.grants()
    own, escaped = grant["grant_id"], member_id.replace("%", "%25").replace("/", "%2F")
    assert own == f"classic/one/welcome/{escaped}"
    given = [claim(own, member_id=member_id), claim(own, 1, member_id)]
    others = [claim(own, 2, member_id), claim(own, 1, "zed"), claim("classic/one/welcome/zed", 1, "zed")]
    others += [claim(f"{wrong}/{escaped}", 1, member_id) for wrong in ("classic/two/more", "classic/one/more", "other/one/welcome")]
    others += [claim(f"classic/two/welcome/{escaped}", 1, member_id), claim(f"{own}/1", 1, member_id)]
    assert unknown(folding, *given, *others) == [False] * len(given) + [True] * len(others)


def test_points_that_were_added_to_a_level_later_were_not_given_to_who_had_gained_it() -> None:
    levels, later = program(100), program(100)
    later["levels"][0]["benefits"] = [WELCOME]
    folding = played([levels], bought("a", 100, 1), changed(later, 2), bought("b", 100, 3, "bob"), changed(levels, 4))
    assert [grant["grant_id"] for grant in folding.grants()] == ["classic/one/welcome/bob"]
    claims = [claim("classic/one/welcome/ann", 1), claim("classic/one/welcome/bob", 1, "bob")]
    assert unknown(folding, *claims) == [True, False]


def test_points_for_an_imported_gain_or_while_the_program_is_off_were_not_given() -> None:
    levels = program(100, standard={"mode": "total", "window": "history", "include_imported": True})
    levels["levels"][0]["benefits"] = [WELCOME]
    off = levels | {"enabled": False}
    folding = played(
        [levels], bought("a", 100, 1) | {"imported": True}, changed(off, 2), bought("b", 100, 3, "bob"), bought("c", 1, 4)
    )
    assert folding.grants() == []
    assert unknown(folding, claim("classic/one/welcome/ann", 1), claim("classic/one/welcome/bob", 1, "bob")) == [True, True]


def test_points_for_those_who_paid_are_given_at_the_first_payment_and_known_under_either_id() -> None:
    levels = program(100)
    plus: Document = {"code": "plus", "name": "Plus", "type": "dual", "threshold": 200, "price": 900, "paid_validity": "permanent"}
    levels["levels"] += [plus | {"benefits": [WELCOME | {"paid_only": True}, WELCOME | {"code": "all"}]}]
    levels |= {"paid": {"pricing": "unified"}}
    paid = {
        "type": "payment",
        "payment_id": "p",
        "member_id": "bob",
        "level": "plus",
        "paid_at": at(3),
        "amount": 900,
        "currency": "GBP",
    }
    folding = played([levels], bought("a", 200, 1), bought("b", 1, 1, "bob"), paid)
    assert [grant["grant_id"] for grant in folding.grants()] == [
        "classic/plus/all/ann",
        "classic/plus/all/bob",
        "classic/plus/welcome/bob",
    ]
    before = [claim(f"classic/plus/{code}/ann", 1) for code in ("all", "welcome")]
    assert unknown(folding, *before) == [False, True]
    folding.take(merged(4), topic=MEMBERS)
    folding.turn()
    for who in ("ann", "bob"):
        claims = [claim(f"classic/plus/{code}/{of}", 1, who, day=21) for of in ("ann", "bob") for code in ("all", "welcome")]
        assert unknown(folding, *claims) == [False, True, False, False]


def test_what_is_known_of_grants_goes_as_the_books_of_their_activity_close() -> None:
    one, two = (spend(gifts=[POINTS] * number, ends_at=at(5)) for number in (1, 2))
    up = upgrade("classic/one", gifts=[POINTS], ends_at=at(5))
    more = upgrade("classic/one", gifts=[POINTS] * 2, ends_at=at(5))
    levels = program(100)
    levels["levels"][0]["benefits"] = [WELCOME]
    folding = played([levels, one, up], bought("z", 1, 1, "zed"), changed(two, 2), changed(more, 2), bought("a", 100, 4))
    member = folding.member("ann")
    assert member is not None and len(member.seldom.for_claims) == 3
    for number in (1, 2):
        folding.take(order(f"b{number}", f"2024-12-0{number}T12:00:00+00:00", ("x", 1, 1)))
        folding.turn()
    member = folding.member("ann")
    # Of programs for good.
    assert member is not None and [str(name).partition("/")[0] for name in member.seldom.for_claims] == ["points"]
