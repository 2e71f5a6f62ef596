"""The settings of sinks over HTTP: where each target is, what it is signed by, and how it is asked (spec 4.2)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from sinks.sink import SinkRefusesUs

if TYPE_CHECKING:
    from sinks.coupon_service.coupon_service import CouponService
    from sinks.http.sender import Sender
    from sinks.notifications.notifications import Notifications

_SECRET = "what messages to it are signed by: `whsec_` and base64, several apart by commas"


class HttpSettings(BaseSettings):
    """Of each target TIDEMARK_NAME_URL, and TIDEMARK_NAME_SECRET or, from a file, TIDEMARK_NAME_SECRET_FILE."""

    coupon_service_url: str | None = Field(None, description="the coupon service: https://HOST/PATH that coupons are posted to")
    coupon_service_secret: SecretStr | None = Field(None, description=_SECRET)
    coupon_service_secret_file: str | None = Field(None, description="the same, from a file")
    mini_program_url: str | None = Field(None, description="the gateway of mini programs, that their notifications are posted to")
    mini_program_secret: SecretStr | None = Field(None, description=_SECRET)
    mini_program_secret_file: str | None = Field(None, description="the same, from a file")
    sms_url: str | None = Field(None, description="the gateway of text messages, that those are posted to")
    sms_secret: SecretStr | None = Field(None, description=_SECRET)
    sms_secret_file: str | None = Field(None, description="the same, from a file")

    http_plain: bool = Field(False, description="send to targets of plain http:// beyond this machine too")
    http_timeout_ms: int = Field(10_000, ge=10, description="a target that has not answered a message by then is asked again")
    http_attempts: int = Field(4, ge=1, le=100, description="tries of a message before all of that sink wait a moment")
    http_retry_ms: int = Field(200, ge=1, description="pause between these tries; doubled each time, with a jitter of as much")
    http_most_retry_ms: int = Field(5_000, ge=1, description="the longest such pause")
    http_in_flight: int = Field(32, ge=1, le=1_000, description="messages to a target at once, of as many members")
    http_circuit_failures: int = Field(5, ge=1, description="failures in a row after which a target is left alone")
    http_circuit_ms: int = Field(5_000, ge=1, description="for how long, before one message asks whether it is back")
    http_most_wait_ms: int = Field(3_600_000, ge=1, description="the longest that a target may ask us to wait (Retry-After)")
    http_give_up_hours: float = Field(
        72, gt=0, description="a message that a target answers with an error of its own for so long goes to the dead letters"
    )

    def coupon_service(self) -> CouponService:
        """The coupon service, whose client is imported for it alone. Raises SinkRefusesUs."""
        from sinks.coupon_service.coupon_service import CouponService

        return CouponService(self._sender("coupon_service"))

    def mini_program(self) -> Notifications:
        """The gateway of mini programs, likewise."""
        return self._notifications("mini_program")

    def sms(self) -> Notifications:
        """The gateway of text messages, likewise."""
        return self._notifications("sms")

    def _notifications(self, name: str) -> Notifications:
        from sinks.notifications.notifications import Notifications

        return Notifications(self._sender(name))

    def _sender(self, name: str) -> Sender:
        from sinks.http.sender import Sender
        from sinks.http.target import Patience, target_of

        setting = f"TIDEMARK_{name.upper()}"
        secrets = _secrets(setting, getattr(self, f"{name}_secret"), getattr(self, f"{name}_secret_file"))
        target = target_of(name, setting, getattr(self, f"{name}_url"), secrets, plain=self.http_plain)
        patience = Patience(
            timeout_seconds=self.http_timeout_ms / 1000,
            attempts=self.http_attempts,
            retry_seconds=self.http_retry_ms / 1000,
            most_retry_seconds=self.http_most_retry_ms / 1000,
            in_flight=self.http_in_flight,
            failures=self.http_circuit_failures,
            open_seconds=self.http_circuit_ms / 1000,
            most_wait_seconds=self.http_most_wait_ms / 1000,
            give_up_seconds=self.http_give_up_hours * 3600,
        )
        return Sender(target, patience)


def _secrets(setting: str, secret: SecretStr | None, file: str | None) -> str:
    if secret and file:
        raise SinkRefusesUs(f"{setting}_SECRET and {setting}_SECRET_FILE are both set: leave one out")
    if secret:
        return secret.get_secret_value()
    if not file:
        return ""
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SinkRefusesUs(f"{setting}_SECRET_FILE: {file} cannot be read ({error})") from error
