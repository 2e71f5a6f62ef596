"""`tidemark quote`: a cart from a file, a member from a file or of the running system, and another choice at a till (spec 3.10)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis as Client

from broker.embedded import PARTITIONS, EmbeddedBroker
from devtools.redis import Redis
from streams.topics import CHOICES
from tests.command import run_here, tidemark
from tests.folding import Document
from tests.oracle.examples import order
from tests.standing import Standing
from tests.tidemark.members.test_announcing import records_of

FIVE: Document = {"kind": "discount", "code": "five", "name": "5% off", "percentage": 5, "stack": {"codes": True}}
VOUCHER: Document = {"kind": "cash_voucher", "code": "voucher", "name": "7 off", "amount": 700, "stack": {"automatic": True}}
SHIPPING: Document = {"kind": "free_shipping_coupon", "code": "ship", "name": "Free delivery"}
PROGRAM: Document = {
    "kind": "program",
    "code": "club",
    "name": "Club",
    "currency": "GBP",
    "levels": [{"code": "silver", "name": "Silver", "threshold": 100, "benefits": [FIVE, VOUCHER, SHIPPING]}],
}
CART: Document = {
    "channel": "pos",
    "store_id": "leeds-1",
    "terminal_id": "t1",
    "member_id": "ann",
    "currency": "GBP",
    "lines": [{"sku": "a", "quantity": 2, "amount": 9_000}, {"sku": "b", "quantity": "0.350", "amount": 1_000}],
    "fees": 300,
}


def written(folder: Path, name: str, document: Document) -> Path:
    path = folder / name
    path.write_text(json.dumps(document), "utf-8")
    return path


def asked(folder: Path, cart: Document, member: Document, *arguments: str | Path) -> Any:
    definitions = folder / "definitions"
    definitions.mkdir(exist_ok=True)
    written(definitions, "club.json", PROGRAM)
    files = ("--member-file", written(folder, "member.json", member), "--definitions", definitions)
    return tidemark("quote", written(folder, "cart.json", cart), *files, *arguments)


ISSUED = {"issue_id": "club/silver/voucher/ann/upgrade-1", "program": "club", "code": "VVVV", "terms": VOUCHER, "by": "upgrade"}
MEMBER: Document = {"levels": {"club": "silver"}, "issued": [ISSUED]}


def test_the_best_comes_first_and_the_others_follow(tmp_path: Path) -> None:
    said = json.loads(asked(tmp_path, CART | {"codes": ["vvvv ", "ZZZZ"]}, MEMBER, "--json").stdout)
    assert (said["amount"], said["fees"], said["currency"]) == (10_000, 300, "GBP")
    assert said["best"] == {
        "n": 1,
        "total": 1_200,
        "off": 1_200,
        "delivery": 0,
        "used": [
            {"id": "club/silver/five", "name": "5% off", "code": None},
            {"id": ISSUED["issue_id"], "name": "7 off", "code": "VVVV"},
        ],
    }
    assert [(each["n"], each["total"]) for each in said["others"]] == [(2, 700), (3, 500), (4, 0)]
    assert said["codes"] == [{"code": "vvvv ", "state": "used"}, {"code": "ZZZZ", "state": "unknown"}]


def test_what_became_of_named_codes(tmp_path: Path) -> None:
    issued = [
        ISSUED | {"terms": VOUCHER | {"stack": {}}},
        ISSUED | {"issue_id": "i/2", "code": "LESS", "terms": VOUCHER | {"amount": 1, "stack": {}}},
        ISSUED | {"issue_id": "i/3", "code": "MORE", "terms": VOUCHER | {"requires": {"min_quantity": 4}}},
        ISSUED | {"issue_id": "i/4", "code": "SHIP", "terms": SHIPPING},
    ]
    cart = CART | {"codes": ["VVVV", "LESS", "MORE", "SHIP"], "fees": 0}
    said = json.loads(asked(tmp_path, cart, MEMBER | {"issued": issued}, "--json").stdout)
    assert [each["state"] for each in said["codes"]] == ["used", "not_best", "not_met", "not_met"]


def test_as_a_table(tmp_path: Path) -> None:
    lines = asked(tmp_path, CART, MEMBER).stdout.splitlines()
    assert lines[0] == "GBP 10000 and fees 300"
    assert lines[2].split() == ["1", "1200", "1200", "0", "5%", "off", "(club/silver/five),", "7", "off", "(VVVV)"]
    assert lines[-1].endswith("nothing")


WRONG: list[tuple[Document, Document, str]] = [
    (CART | {"channel": "shop"}, MEMBER, "cart.json: channel: expected"),
    (CART | {"lines": []}, MEMBER, "cart.json: lines: expected at least 1"),
    (CART | {"lines": [{"sku": "a", "quantity": "1,5", "amount": 5}]}, MEMBER, "cart.json: lines[0].quantity: expected pieces"),
    (CART | {"lines": [{"sku": "a", "quantity": 1, "amount": -5}]}, MEMBER, "cart.json: lines[0].amount: expected an integer of 0"),
    (CART | {"code": "VVVV"}, MEMBER, "cart.json: code: is not a field here; did you mean 'codes'?"),
    (CART, MEMBER | {"birthday": "31-12"}, "member.json: birthday: expected YYYY-MM-DD or MM-DD"),
    (CART, MEMBER | {"levels": {"club": "gold"}}, "member.json: levels.club: there is no level 'gold'"),
    (CART, MEMBER | {"levels": {"clubs": "silver"}}, "member.json: levels.clubs: there is no such program"),
    (CART, MEMBER | {"issued": [{"code": "VVVV"}]}, "member.json: issued[0]: expected a record of the topic benefits"),
]


@pytest.mark.parametrize(("cart", "member", "said"), WRONG)
def test_what_is_wrong_with_a_file_is_said_by_its_field(tmp_path: Path, cart: Document, member: Document, said: str) -> None:
    ran = asked(tmp_path, cart, member)
    assert ran.returncode == 1 and said in ran.stderr and "Traceback" not in ran.stderr


def test_the_files_go_together(tmp_path: Path) -> None:
    ran = tidemark("quote", written(tmp_path, "cart.json", CART), "--member-file", written(tmp_path, "m.json", MEMBER))
    assert ran.returncode == 1 and "go together" in ran.stderr


def test_online_whoever_buys_chooses(tmp_path: Path) -> None:
    ran = asked(tmp_path, CART | {"channel": "app"}, MEMBER, "--choose", "2", "--json")
    assert (ran.returncode, json.loads(ran.stdout)["total"]) == (0, 700)
    ran = asked(tmp_path, CART, MEMBER, "--choose", "9")
    assert ran.returncode == 1 and "expected a choice from 1 to 4" in ran.stderr


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with EmbeddedBroker() as broker:
        documents = [
            order("o1", "2022-01-01T10:00:00+00:00", ("x", 1, 100)),
            order("o2", "2022-01-01T11:00:00+00:00", ("x", 1, 100), member_id="old"),
            order("o3", "2022-01-01T11:00:00+00:00", ("x", 1, 5), member_id="new"),
            {"type": "member", "member_id": "old", "merged_into": "new", "received_at": "2022-01-02T11:00:00+00:00"},
        ]
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), [PROGRAM], documents)


def test_of_the_running_system_with_what_was_issued_there(standing: Standing, tmp_path: Path) -> None:
    cart = written(tmp_path, "cart.json", CART)
    said = json.loads(standing.said("quote", cart, "--json"))
    assert [each["id"] for each in said["best"]["used"]] == ["club/silver/five", "club/silver/voucher/ann/upgrade-1"]
    code = said["best"]["used"][1]["code"]
    codes = {each["code"] for other in said["others"] for each in other["used"]}
    assert len(code) == 16 and code in codes
    assert standing.run("quote", written(tmp_path, "bob.json", CART | {"member_id": "bob"})).stderr == (
        "tidemark: there is no member 'bob'\n"
    )
    nobody = json.loads(standing.said("quote", written(tmp_path, "nobody.json", CART | {"member_id": None}), "--json"))
    assert (nobody["best"]["total"], nobody["others"]) == (0, [])


@pytest.mark.parametrize("member_id", ["old", "new"])
def test_what_was_issued_to_an_id_that_leads_to_another_is_his(standing: Standing, tmp_path: Path, member_id: str) -> None:
    said = json.loads(standing.said("quote", written(tmp_path, "cart.json", CART | {"member_id": member_id}), "--json"))
    used = {each["id"] for choice in (said["best"], *said["others"]) for each in choice["used"]}
    assert "club/silver/voucher/old/upgrade-1" in used and "club/silver/five" in used


def pin_line(name: str, pin: str) -> str:
    made = run_here(["pin", name], {}, f"{pin}\n".encode())
    assert made.returncode == 0, made.stderr
    return made.stdout


def test_a_pin_is_of_digits_and_only_its_hash_is_printed() -> None:
    assert pin_line("eva", "4711").startswith("eva:$argon2id$")
    assert "4711" not in pin_line("eva", "4711")
    for pin in ("123", "12a4", ""):
        assert run_here(["pin", "eva"], {}, f"{pin}\n".encode()).returncode == 1


@pytest.mark.redis
def test_another_choice_at_a_till_needs_a_pin_and_is_recorded(standing: Standing, redis_server: Redis, tmp_path: Path) -> None:
    pins = tmp_path / "pins"
    pins.write_text(f"# Who may.\n\n{pin_line('eva', '4711')}", "utf-8")
    settings = {
        "TIDEMARK_BROKERS": standing.servers,
        "TIDEMARK_PARTITIONS": str(PARTITIONS),
        "TIDEMARK_REDIS_URL": redis_server.url,
        "TIDEMARK_PINS_FILE": str(pins),
        "TIDEMARK_PIN_ATTEMPTS": "3",
    }
    cart = str(written(tmp_path, "cart.json", CART))

    def choose(number: int, by: str | None, pin: str) -> Any:
        who = [] if by is None else ["--by", by]
        return run_here(["quote", cart, "--choose", str(number), *who, "--json"], settings, f"{pin}\n".encode())

    # The best needs none; another needs a name and its PIN, and nothing is recorded without.
    assert choose(1, None, "").returncode == 0
    assert "needs the name of who allows it" in choose(2, None, "4711").stderr
    assert "do not belong together" in choose(2, "eva", "4712").stderr
    assert "do not belong together" in choose(2, "ben", "4711").stderr
    assert records_of(standing.servers, CHOICES) == []
    right = choose(2, "eva", "4711")
    assert (right.returncode, json.loads(right.stdout)["n"]) == (0, 2), right.stderr
    ((_, headers, record),) = records_of(standing.servers, CHOICES)
    assert (record["by"], record["member_id"], record["store_id"], record["terminal_id"]) == ("eva", "ann", "leeds-1", "t1")
    assert (record["chosen_total"], record["best_total"], record["amount"]) == (700, 1_200, 10_000)
    assert record["chosen"] == ["club/silver/voucher/ann/upgrade-1"] and len(record["best"]) == 2
    assert headers["ce_type"] == b"tidemark.benefit.chosen" and headers["ce_id"] == record["choice_id"].encode()
    # What was right forgets what was wrong; after three wrong ones the right one is not looked at either.
    for pin in ("0000", "0001", "0002"):
        assert "do not belong together" in choose(2, "eva", pin).stderr
    assert "too many attempts" in choose(2, "eva", "4711").stderr
    assert len(records_of(standing.servers, CHOICES)) == 1
    with Client.from_url(redis_server.url) as client:
        assert 0 < client.ttl("tidemark.pins:eva") <= 900
        client.delete("tidemark.pins:eva", "tidemark.pins:ben")


def test_without_redis_no_pin_is_looked_at(standing: Standing, tmp_path: Path) -> None:
    pins = tmp_path / "pins"
    pins.write_text(pin_line("eva", "4711"), "utf-8")
    settings = {
        "TIDEMARK_BROKERS": standing.servers,
        "TIDEMARK_PARTITIONS": str(PARTITIONS),
        "TIDEMARK_REDIS_URL": "redis://127.0.0.1:1/0",
        "TIDEMARK_PINS_FILE": str(pins),
    }
    cart = str(written(tmp_path, "cart.json", CART))
    ran = run_here(["quote", cart, "--choose", "2", "--by", "eva"], settings, b"4711\n")
    assert ran.returncode == 1 and "Traceback" not in ran.stderr


@pytest.mark.parametrize("text", ["eva 4711\n", "eva:4711\n"])
def test_a_file_that_holds_no_hashes_is_refused(standing: Standing, tmp_path: Path, text: str) -> None:
    pins = tmp_path / "pins"
    pins.write_text(text, "utf-8")
    cart = written(tmp_path, "cart.json", CART)
    settings = {"TIDEMARK_BROKERS": standing.servers, "TIDEMARK_PARTITIONS": str(PARTITIONS), "TIDEMARK_PINS_FILE": str(pins)}
    ran = run_here(["quote", str(cart), "--choose", "2", "--by", "eva"], settings, b"4711\n")
    assert ran.returncode == 1 and "pins:1: expected NAME:$argon2id$" in ran.stderr
