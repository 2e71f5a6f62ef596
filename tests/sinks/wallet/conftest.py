"""The wallet's tests run on Redis and on Valkey: both are in use, and scripts and numbers are where they could differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis as Client

from devtools.redis import REDIS, VALKEY, Redis, missing
from tests.services.fixtures import MakeRedis
from tests.services.left_out import in_ci


@pytest.fixture(scope="session", params=[REDIS, VALKEY])
def redis_kind(request: pytest.FixtureRequest) -> str:
    """One of the two; a test on one that this machine lacks is skipped, or fails where CI is set."""
    kind = str(request.param)
    if lack := missing(kind):
        if in_ci():
            pytest.fail(f"{lack}; in CI no test may be left out", pytrace=False)
        pytest.skip(lack)
    return kind


@pytest.fixture(scope="session")
def redis_server(redis_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """In the place of the server that all tests share: one of each kind."""
    with Redis(tmp_path_factory.mktemp(redis_kind), kind=redis_kind) as shared:
        with Client.from_url(shared.url, decode_responses=True) as client:
            called = client.info("server").get("server_name", REDIS)
        if called != redis_kind:
            pytest.skip(f"{redis_kind}-server is {called} on this machine")
        yield shared


@pytest.fixture
def make_redis(redis_kind: str, tmp_path: Path) -> Iterator[MakeRedis]:
    """Makes a server of the test's own, of each kind in turn; otherwise as tests/services/fixtures.py has it."""
    made: list[Redis] = []

    def make(*, append_only: bool = False) -> Redis:
        made.append(Redis(tmp_path / f"{redis_kind}-{len(made)}", append_only=append_only, kind=redis_kind))
        return made[-1]

    yield make
    for server in made:
        server.kill()
