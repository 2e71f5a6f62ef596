"""The copy that `make compile` makes: a worker says that it runs from it, and gives out what the oracle says."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.bytecodes import Counted
from benchmarks.load import Shape, documents
from benchmarks.offline import Offline, fetches
from devtools.compiled_tree import HOT, ROOT, tree_for_tests
from tests.command import nobody
from tests.generate import definitions, stream
from tests.oracle import replay as oracle
from tests.replay.command import environment, replay

# Compiling takes a core some minutes.
pytestmark = pytest.mark.timeout(1_200)

WORKER = (str(Path(sys.executable).parent / "tidemark"), "aggregate")


@pytest.fixture(scope="module")
def compiled() -> Path:
    """The copy, compiled where it is not yet."""
    return tree_for_tests()


def first_log_line(python_path: str) -> dict[str, object]:
    """Of a worker that finds no broker."""
    settings = {**environment(brokers=nobody()), "PYTHONPATH": python_path, "TIDEMARK_START_DEADLINE_MS": "0"}
    ran = subprocess.run(WORKER, env=settings, capture_output=True, text=True, timeout=60, check=False)
    line: dict[str, object] = json.loads(ran.stderr.splitlines()[0])
    return line


@pytest.mark.parametrize("name", HOT)
def test_no_module_that_is_compiled_has_a_struct_that_is_decoded(name: str) -> None:
    """Compiled, it would have neither its keywords nor its fields' limits, and take other documents than the checkout does."""
    never_decoded = {"Unpublished"}
    found = set(re.findall(r"^class (\w+)\((?:\w+, )*Struct\b", (ROOT / name).read_text("utf-8"), re.MULTILINE))
    assert found <= never_decoded


@pytest.mark.slow
def test_a_worker_of_the_checkout_says_that_it_is_not_compiled() -> None:
    line = first_log_line("")
    assert (line["event"], line["compiled"]) == ("worker_starting", False)


@pytest.mark.parametrize("module", HOT)
def test_what_is_compiled_makes_no_struct_that_mypyc_would_make_another(module: str) -> None:
    # It passes over what stands after a class's bases: what is an array, an order's record, would be read as an object, and refused.
    made = [each for each in ast.walk(ast.parse((ROOT / module).read_text())) if isinstance(each, ast.ClassDef)]
    assert [each.name for each in made if {keyword.arg for keyword in each.keywords} - {"gc"}] == []


@pytest.mark.slow
def test_nearly_all_that_an_order_goes_through_is_compiled() -> None:
    """By bytecodes, which are the same on every machine: what is in no compiled module takes as long in the copy as in the checkout."""
    until = datetime(2026, 11, 1, tzinfo=UTC)
    offline, fetched = Offline(), fetches(documents(Shape(until), 200), int(until.timestamp() * 1000))
    with Counted() as counted:
        asyncio.run(offline.run(fetched))
    places = {code: Path(code.co_filename) for code in counted.bytecodes}
    names = {code: str(path.relative_to(ROOT)) for code, path in places.items() if path.is_relative_to(ROOT)}
    ours = {code: name for code, name in names.items() if not name.startswith((".venv", "benchmarks"))}
    not_compiled = sum(counted.bytecodes[code] for code, name in ours.items() if name not in HOT)
    assert not_compiled < 0.1 * sum(counted.bytecodes[code] for code in ours)


@pytest.mark.slow
def test_a_worker_of_the_copy_says_that_it_is_compiled(compiled: Path) -> None:
    line = first_log_line(str(compiled))
    assert (line["event"], line["compiled"]) == ("worker_starting", True)


@pytest.mark.slow
@pytest.mark.parametrize("broker", [[], ["--broker", "embedded"]], ids=["in-process", "workers"])
def test_the_copy_gives_out_what_the_oracle_says(
    compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: list[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(compiled))
    # In the checkout its own modules would come first.
    monkeypatch.chdir(tmp_path)
    rules, lines = definitions(21), stream(21, orders=2_000, members=150)
    ran = replay(tmp_path, rules, lines, broker, as_a_process=True)
    assert (ran.code, ran.differences(oracle(lines, rules))) == (0, []), ran.said
