"""docker-compose.yml starts what the workers need, in order, and opens nothing to other machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"topics"}))
def test_each_server_and_worker_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["aggregate", "deliver"])
def test_a_worker_is_healthy_once_it_is_ready(name: str) -> None:
    *python, code = SERVICES[name]["healthcheck"]["test"]
    assert python == ["CMD", "python", "-c"]
    assert "/readyz" in code
    compile(code, "healthcheck", "exec")


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_the_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", ["aggregate", "deliver"])
def test_workers_start_after_the_topics_are_right(name: str) -> None:
    assert SERVICES[name]["command"] == [name]
    assert SERVICES[name]["depends_on"]["topics"] == {"condition": "service_completed_successfully"}
    assert SERVICES["topics"]["depends_on"]["kafka"] == {"condition": "service_healthy"}


def test_kafka_makes_no_topic_by_itself() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_wallet_is_kept_by_an_open_server_that_is_on_disk_before_it_answers() -> None:
    valkey = SERVICES["valkey"]
    assert valkey["image"].startswith("valkey/valkey:")
    assert SERVICES["deliver"]["environment"]["TIDEMARK_REDIS_URL"] == "redis://valkey:6379/0"
    command = valkey["command"]
    assert command[0] == "valkey-server"
    settings = dict(zip(command[1::2], command[2::2], strict=True))
    assert settings == {"--appendonly": "yes", "--appendfsync": "always", "--maxmemory-policy": "noeviction"}
