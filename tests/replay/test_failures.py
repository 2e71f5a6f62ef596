"""When a run cannot go on: it says why, exits 1, and leaves nothing behind (spec 6)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from devtools.kafka import Kafka
from tests.command import nobody, tidemark
from tests.oracle.examples import at, order, program, spend
from tests.replay.command import TIDEMARK, TIMEOUT_SECONDS, arguments_in, environment, replay
from tidemark.replay.processes import broker_for
from tidemark.settings.settings import Settings

RULES = [program(10_000), spend()]
# How often a run is told to end, at most, and how long it has each time.
TELLS = 3
TOLD_SECONDS = 60
GOOD = json.dumps(order("o", at(1), ("x", 1, 100))).encode()


def topics_under(server: Kafka, prefix: str) -> list[str]:
    """Those that a replay made and that are still there."""
    return [
        name
        for name in AdminClient({"bootstrap.servers": server.bootstrap}).list_topics(timeout=10).topics
        if name.startswith(prefix)
    ]


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    give_up_at = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.05)
    return found


def processes_of(run: subprocess.Popen[bytes]) -> dict[int, str]:
    """The children of a run, by process id, with their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int((process / "stat").read_text().rpartition(")")[2].split()[1]) == run.pid:
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def gone(pid: int) -> bool:
    """Whether a process is no more, or only waits to be reaped by whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a replay that reads standard input, which stays open: it is in mid-run until that is closed."""
    runs: list[subprocess.Popen[bytes]] = []
    # Tests in the background of a script are started with Ctrl-C passed over, and so would be whatever they start.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)

    def starting(*more: str, **settings: str) -> subprocess.Popen[bytes]:
        broker = () if "--broker" in more else ("--broker", "embedded")
        command = [*TIDEMARK, "replay", "-", *arguments_in(tmp_path, RULES), *broker, *more]
        run = subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**settings), start_new_session=True
        )
        runs.append(run)
        assert run.stdin is not None
        run.stdin.write(GOOD + b"\n")
        run.stdin.flush()
        return run

    yield starting
    signal.signal(signal.SIGINT, handler)
    for run in runs:
        run.kill()
        run.communicate()


def worker_of(run: subprocess.Popen[bytes]) -> int:
    """Its worker's process id, once there is one."""
    workers = wait_until(lambda: [pid for pid, command in processes_of(run).items() if "tidemark.replay.worker" in command])
    return int(workers[0])


def tell(run: subprocess.Popen[bytes], number: signal.Signals, send: Callable[[int, int], None]) -> None:
    """Sends a run a signal until it has ended, as whoever sits before it would: Python passes over what is raised in a finalizer, so
    one may be lost.
    """
    for _ in range(TELLS):
        send(run.pid, number)
        with suppress(subprocess.TimeoutExpired):
            run.wait(TOLD_SECONDS)
            return
    pytest.fail(f"it was told {TELLS} times, and goes on")


@pytest.mark.slow
def test_a_bad_definition_ends_it_before_any_order(tmp_path: Path) -> None:
    broken = spend(condition={"items": "any", "mode": "every", "measure": "amount", "treshold": 5})
    # Nobody listens there: it is not even asked.
    ran = replay(tmp_path, [program(), broken], [GOOD], ["--broker", nobody()])
    assert ran.code == 1
    assert "condition.treshold" in ran.said and "did you mean 'threshold'?" in ran.said and "no broker" not in ran.said
    assert not (tmp_path / "grants").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.jsonl", "--definitions", "{good}"], "there is no file missing.jsonl"),
        (["{good}", "--definitions", "{good}"], "there is no file"),
        (["-", "--definitions", "missing"], "there is no such folder"),
        (["-", "--definitions", "{empty}"], "there are no definitions here"),
        (["-", "--definitions", "{good}", "--grants", "missing/grants"], "missing/grants cannot be written"),
        pytest.param(
            ["-", "--definitions", "{good}", "--broker", "nonsense"],
            "expected host:port,… such as localhost:9092",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_cannot_be_read_or_written_is_said_before_the_run(tmp_path: Path, arguments: list[str], said: str) -> None:
    arguments_in(tmp_path / "good", RULES)
    (tmp_path / "empty").mkdir()
    places = {"good": str(tmp_path / "good" / "definitions"), "empty": str(tmp_path / "empty")}
    ran = tidemark("replay", *(argument.format(**places) for argument in arguments))
    assert ran.returncode != 0 and "Traceback" not in ran.stderr
    assert said in ran.stderr


@pytest.mark.parametrize(
    "outputs", [["grants", "../orders.jsonl"], ["grants", "same", "releases", "./same"], ["stats", "../orders.jsonl"]]
)
def test_no_file_is_written_over_another_that_is_read_or_written(tmp_path: Path, outputs: list[str]) -> None:
    orders = tmp_path / "orders.jsonl"
    orders.write_bytes(GOOD)
    (tmp_path / "out").mkdir()
    named = [
        word
        for option, path in zip(outputs[::2], outputs[1::2], strict=True)
        for word in (f"--{option}", str(tmp_path / "out" / path))
    ]
    definitions = arguments_in(tmp_path / "good", RULES)[:2]
    ran = tidemark("replay", str(orders), *definitions, *named)
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert "is named twice, and one would be lost: name another file" in ran.stderr
    assert orders.read_bytes() == GOOD and list((tmp_path / "out").iterdir()) == []


def test_what_is_thrown_away_may_be_named_twice(tmp_path: Path) -> None:
    definitions = arguments_in(tmp_path, RULES)[:2]
    ran = tidemark("replay", "/dev/null", *definitions, "--grants", os.devnull, "--releases", os.devnull)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.slow
def test_no_broker_is_said_with_its_address(tmp_path: Path) -> None:
    where = nobody()
    ran = replay(tmp_path, RULES, [GOOD], ["--broker", where])
    assert ran.code == 1 and "Traceback" not in ran.said
    assert f"no broker answers at {where}" in ran.said


@pytest.mark.slow
def test_a_worker_that_is_killed_ends_it(start: Start, tmp_path: Path) -> None:
    run = start()
    others = processes_of(run)
    os.kill(worker_of(run), signal.SIGKILL)
    _, said = run.communicate(GOOD * 2, timeout=TIMEOUT_SECONDS)
    assert run.returncode == 1 and b"Traceback" not in said
    assert b"a worker ended with exit code -9 before all was through" in said
    assert not (tmp_path / "grants").exists()
    assert all(wait_until(lambda pid=pid: gone(pid)) for pid in others)


def test_the_embedded_broker_is_not_sent_a_write_again_which_it_would_take_twice() -> None:
    with broker_for(Settings(request_timeout_ms=4_000, write_deadline_ms=90_000), None) as (settings, _):
        assert settings.request_timeout_ms >= settings.write_deadline_ms


@pytest.mark.slow
def test_an_embedded_broker_that_is_killed_ends_it(start: Start) -> None:
    run = start()
    worker = worker_of(run)
    (broker,) = [pid for pid, command in processes_of(run).items() if "broker.embedded" in command]
    os.kill(broker, signal.SIGKILL)
    _, said = run.communicate(GOOD, timeout=TIMEOUT_SECONDS)
    assert run.returncode == 1 and b"Traceback" not in said
    assert b"tidemark: " in said
    assert wait_until(lambda: gone(worker))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_however_it_is_stopped(start: Start, number: signal.Signals) -> None:
    run = start()
    worker_of(run)
    left = processes_of(run)
    assert len(left) == 2
    # As a terminal does: all of them are told.
    tell(run, number, os.killpg if number is signal.SIGINT else os.kill)
    run.communicate(timeout=TIMEOUT_SECONDS)
    assert run.returncode != 0
    for pid in left:
        wait_until(lambda pid=pid: gone(pid))


@pytest.mark.kafka
def test_its_topics_are_gone_after_it(tmp_path: Path, kafka: Kafka, prefix: str) -> None:
    assert replay(tmp_path, RULES, [GOOD], ["--broker", f"kafka://{kafka.bootstrap}"], prefix=prefix).code == 0
    wait_until(lambda: not topics_under(kafka, prefix))


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_its_topics_are_gone_when_it_is_stopped(start: Start, kafka: Kafka, prefix: str, number: signal.Signals) -> None:
    run = start("--broker", kafka.bootstrap, prefix=prefix)
    worker_of(run)
    assert topics_under(kafka, prefix)
    tell(run, number, os.kill)
    run.communicate(timeout=TIMEOUT_SECONDS)
    wait_until(lambda: not topics_under(kafka, prefix))


@pytest.mark.slow
@pytest.mark.kafka
def test_its_topics_are_gone_when_a_worker_died(start: Start, kafka: Kafka, prefix: str) -> None:
    run = start("--broker", kafka.bootstrap, prefix=prefix)
    os.kill(worker_of(run), signal.SIGKILL)
    run.communicate(timeout=TIMEOUT_SECONDS)
    assert run.returncode == 1
    wait_until(lambda: not topics_under(kafka, prefix))
