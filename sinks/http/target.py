"""Where an HTTP sink sends to, by what it signs, and how long it waits: the settings of a target, checked."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from sinks.sink import SinkRefusesUs
from sinks.urls import without_secrets

# As Standard Webhooks asks for.
_LEAST_KEY_BYTES = 24


class Patience(NamedTuple):
    """How a target is asked: `timeout_seconds` for one answer; `attempts` for one message before all of them wait, apart by
    `retry_seconds`, doubled up to `most_retry_seconds`; `in_flight` messages at once, of as many members. After `failures` in a row nothing
    is sent for `open_seconds`, and then one message alone. A target may ask us to wait for `most_wait_seconds` at most. What it answers
    with an error of its own for `give_up_seconds` is given up.
    """

    timeout_seconds: float
    attempts: int
    retry_seconds: float
    most_retry_seconds: float
    in_flight: int
    failures: int
    open_seconds: float
    most_wait_seconds: float
    give_up_seconds: float


class Target(NamedTuple):
    """`name`: of the sink or a part of it, in the log and in dead letters. `setting`: how its settings begin, in words of advice.

    `keys`: what messages are signed by, one signature each, so that a secret can be exchanged.
    """

    name: str
    setting: str
    url: str
    keys: Sequence[Webhook]


def target_of(name: str, setting: str, url: str | None, secrets: str, *, plain: bool) -> Target:
    """Made of settings; `secrets`: one or several, apart by blanks, commas or lines. Raises SinkRefusesUs."""
    if not url:
        raise SinkRefusesUs(f"{setting}_URL is not set: the address of the {name} that messages are posted to")
    wrong = _wrong_url(url, plain=plain)
    if wrong:
        raise SinkRefusesUs(f"{setting}_URL: {wrong}, got {without_secrets(url)!r}")
    keys = [_key(secret, setting) for secret in secrets.replace(",", " ").split()]
    if not keys:
        raise SinkRefusesUs(
            f"{setting}_SECRET is not set (nor {setting}_SECRET_FILE): what messages to the {name} are signed by, `whsec_` and base64 of "
            "24 to 64 random bytes, the same there"
        )
    return Target(name, setting, url, keys)


def _wrong_url(url: str, *, plain: bool) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        parts.port  # noqa: B018 — raises ValueError where it is none
    except ValueError:
        return "expected https://HOST/PATH"
    if parts.scheme not in ("http", "https") or not host or parts.fragment or not url.isascii() or " " in url:
        return "expected https://HOST/PATH"
    if "@" in parts.netloc:
        return "a user or password does not belong into a URL; messages are signed"
    if parts.scheme == "http" and not plain and not _is_loopback(host):
        return "plain http beyond this machine lets others read and change what is sent: use https, or set TIDEMARK_HTTP_PLAIN=true"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _key(secret: str, setting: str) -> Webhook:
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < _LEAST_KEY_BYTES:
        raise SinkRefusesUs(f"{setting}_SECRET: expected `whsec_` and base64 of {_LEAST_KEY_BYTES} bytes at least")
    return Webhook(key)
