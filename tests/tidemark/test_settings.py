"""Wrong settings are named with what they take, before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import tidemark


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"partitions": "many"}, ["TIDEMARK_PARTITIONS: Input should be a valid integer", "partitions of every topic"]),
        ({"partitions": "0"}, ["TIDEMARK_PARTITIONS: Input should be greater than or equal to 1"]),
        ({"late_days": "-1", "max_grants": "x"}, ["TIDEMARK_LATE_DAYS", "TIDEMARK_MAX_GRANTS"]),
        ({"brokers": "localhost"}, ["TIDEMARK_BROKERS: expected host:port,… such as localhost:9092, got 'localhost'"]),
        ({"brokers": "a:9092,b:port"}, ["TIDEMARK_BROKERS: expected host:port,…"]),
        (
            {"pos_zone": "London", "online_zone": "/etc"},
            ["TIDEMARK_POS_ZONE: expected a zone of the IANA", "TIDEMARK_ONLINE_ZONE: expected"],
        ),
        ({"kafka_mechanism": "GUESS"}, ["TIDEMARK_KAFKA_MECHANISM: Input should be 'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'"]),
    ],
)
def test_a_wrong_value_is_named(settings: dict[str, str], said: list[str]) -> None:
    ran = tidemark("settings", **settings)
    assert ran.returncode == 1 and ran.stdout == "" and "Traceback" not in ran.stderr
    for part in said:
        assert part in ran.stderr


def test_a_name_that_is_none_is_warned_of_and_ignored() -> None:
    ran = tidemark("settings", partitons="3")
    assert ran.returncode == 0
    assert "ignored: there is no setting TIDEMARK_PARTITONS: did you mean TIDEMARK_PARTITIONS?" in ran.stderr
    assert "TIDEMARK_PARTITIONS=8 " in ran.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("partitons: 3\n", "there is no setting TIDEMARK_PARTITONS: did you mean TIDEMARK_PARTITIONS?"),
        ("late_days: soon\n", "TIDEMARK_LATE_DAYS: Input should be a valid integer"),
        ("late_days: [\n", "is not YAML of `name: value` lines"),
        ("- late_days\n", "is not YAML of `name: value` lines"),
        (None, "there is no file"),
    ],
)
def test_a_broken_file_of_settings_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "tidemark.yaml"
    if text is not None:
        file.write_text(text)
    ran = tidemark("settings", settings_file=str(file))
    assert ran.returncode == 1 and said in ran.stderr and "Traceback" not in ran.stderr


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "tidemark.yaml"
    file.write_text("late_days: 3\nrefund_days: 4\n")
    ran = tidemark("settings", settings_file=str(file), late_days="9")
    assert "TIDEMARK_LATE_DAYS=9 " in ran.stdout and "TIDEMARK_REFUND_DAYS=4 " in ran.stdout


def test_no_password_is_printed() -> None:
    said = tidemark(
        "settings", kafka_username="shop", kafka_password="s3cret", redis_url="redis://localhost?password=s3cret"
    ).stdout
    assert "TIDEMARK_REDIS_URL=redis://localhost?*** " in said and "s3cret" not in said
    refused = tidemark("settings", redis_url="redis://shop:s3cret/with-a-slash@localhost", brokers="kafka://shop:s3cret@localhost")
    assert "TIDEMARK_REDIS_URL" in refused.stderr and "TIDEMARK_BROKERS" in refused.stderr and "s3cret" not in refused.stderr
