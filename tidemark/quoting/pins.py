"""PINs of those who may choose otherwise at a till: a file of names and Argon2id hashes (spec 3.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from sinks.pins.attempts import Attempts

_PIN = re.compile(r"[0-9]{4,12}")
_hasher = PasswordHasher()
# Of nobody: looked at where a name is not there, so that it takes as long to say no.
_NOBODYS = _hasher.hash("none")


class PinRefused(Exception):
    """The message says why, and not more than that."""


class PinsUnreadable(Exception):
    """The message says what is wrong with the file, or that none is set."""


def pin_line(name: str, pin: str) -> str:
    """The line of the file for a name. Raises PinsUnreadable where the PIN, or the name, may not be one."""
    if _PIN.fullmatch(pin) is None:
        raise PinsUnreadable("expected a PIN of 4 to 12 digits")
    if not name.strip() or ":" in name or not name.isprintable():
        raise PinsUnreadable("expected a name without a colon")
    return f"{name}:{_hasher.hash(pin)}"


def read_pins(path: str | None) -> Mapping[str, str]:
    """The hashes by name. Raises PinsUnreadable."""
    if path is None:
        raise PinsUnreadable("TIDEMARK_PINS_FILE names no file: make one of the lines that `tidemark pin NAME` prints")
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PinsUnreadable(f"TIDEMARK_PINS_FILE: {path} cannot be read: {error}") from error
    pins: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, _, hashed = line.strip().partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not hashed.startswith("$argon2id$") or name in pins:
            raise PinsUnreadable(f"TIDEMARK_PINS_FILE: {path}:{number}: expected NAME:$argon2id$…, each name once")
        pins[name] = hashed
    return pins


async def check_pin(name: str, pin: str, pins: Mapping[str, str], attempts: Attempts) -> None:
    """Raises PinRefused; SinkDown, without which no PIN is looked at."""
    if not await attempts.may_try(name):
        raise PinRefused(f"too many attempts at the PIN of {name}: wait until they are forgotten (TIDEMARK_PIN_SECONDS)")
    try:
        _hasher.verify(pins.get(name, _NOBODYS), pin)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        raise PinRefused(f"the name {name} and the PIN do not belong together") from None
    if name not in pins:
        raise PinRefused(f"the name {name} and the PIN do not belong together")
    await attempts.was_right(name)
