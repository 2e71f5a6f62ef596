"""What an answer of a target means: taken, refused for good, or to be tried again (spec 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from sinks.http.target import Target
from sinks.sink import Refused

_TIMEOUT, _TOO_MANY, _UNAVAILABLE = 408, 429, 503
_ALREADY_REPORTED = 208
# Targets that say so: `Idempotency-Replayed: true`.
REPLAYED_HEADER = "idempotency-replayed"

_MEND = {
    400: "see what it says",
    401: "it does not take our signature: see that {setting}_SECRET is what it has, and that both clocks are right",
    403: "it does not let us in: see that {setting}_SECRET is what it has",
    404: "see that {setting}_URL is right, or whether it knows what it was sent",
    405: "see that {setting}_URL is right: messages are posted",
    410: "see that {setting}_URL is right",
    413: "it takes no message of that size",
}


class Again(NamedTuple):
    """To be sent again, and what came; `wait_seconds`: not before then, for any message, where the target says so."""

    why: str
    wait_seconds: float | None = None


def is_taken(status: int) -> bool:
    """Whether the target has it now."""
    return 200 <= status < 300


def was_known(status: int, headers: Mapping[str, str]) -> bool:
    """Of one that is taken: whether it says that it had it before."""
    return status == _ALREADY_REPORTED or headers.get(REPLAYED_HEADER, "").lower() == "true"


def judged(target: Target, status: int, headers: Mapping[str, str], said: str, now: datetime) -> Refused | Again:
    """An answer that is not `is_taken`; `said`: the beginning of its body; `now`: aware."""
    why = f"{target.name} answered {status}" + (f" ({said})" if said else "")
    if status in (_TOO_MANY, _UNAVAILABLE):
        wait_seconds = _seconds(headers.get("retry-after"), now)
        # Whoever is asked too much and does not say for how long is left alone for a moment.
        return Again(why, 1.0 if wait_seconds is None and status == _TOO_MANY else wait_seconds)
    if 400 <= status < 500 and status != _TIMEOUT:
        mend = _MEND.get(status, "see what it says").format(setting=target.setting)
        return Refused(f"{target.name}_refused", f"{why}: {mend}; then `tidemark dead-letters resend`")
    if 300 <= status < 400:
        return Again(f"{why}: set {target.setting}_URL to where it leads; a signed message is not sent elsewhere")
    return Again(why)


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Of a Retry-After: seconds, or a date (RFC 9110, 10.2.3); None where it is neither."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
