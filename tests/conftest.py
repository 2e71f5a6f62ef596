"""What all tests share: the servers' fixtures, and the markers that say what a test needs."""

from __future__ import annotations

import gc

import pytest
import structlog

from tests.services.fixtures import certificates as certificates
from tests.services.fixtures import kafka as kafka
from tests.services.fixtures import make_kafka as make_kafka
from tests.services.fixtures import make_redis as make_redis
from tests.services.fixtures import prefix as prefix
from tests.services.fixtures import redis_server as redis_server
from tests.services.left_out import LeftOut
from tests.services.together import Together
from tests.thorough import Thorough, settings_of_profiles

settings_of_profiles()

# What a collection makes is there until the end, so that looking through it for garbage finds none, and takes a sixth of its time.
gc.disable()

# As workers write them: structlog's own default draws a picture of each traceback, which takes milliseconds, and some tests have thousands.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=repr),
    ]
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "chaos: the random crash run (`make chaos`)")
    config.pluginmanager.register(LeftOut(), "left-out")
    config.pluginmanager.register(Thorough(), "thorough")
    config.pluginmanager.register(Together(), "together")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
