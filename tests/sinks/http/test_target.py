"""A target's settings: where it may be, what it is signed by, and that no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from sinks.sink import SinkRefusesUs
from tests.command import tidemark
from tests.sinks.conformance.bench import SECRET
from tidemark.settings.settings import Settings

HTTPS = "https://coupons.example/give"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "TIDEMARK_COUPON_SERVICE_URL is not set"),
        ({"url": HTTPS}, "TIDEMARK_COUPON_SERVICE_SECRET is not set"),
        ({"url": HTTPS, "secret": "whsec_"}, "TIDEMARK_COUPON_SERVICE_SECRET: expected `whsec_` and base64"),
        ({"url": HTTPS, "secret": "whsec_c2hvcnQ="}, "of 24 bytes at least"),
        ({"url": HTTPS, "secret": "hunter2-hunter2-hunter2-hunter2"}, "expected `whsec_` and base64"),
        ({"url": HTTPS, "secret": SECRET, "secret_file": "x"}, "are both set"),
        ({"url": HTTPS, "secret_file": "no/such/file"}, "no/such/file cannot be read"),
        ({"url": "http://coupons.example/give", "secret": SECRET}, "use https, or set TIDEMARK_HTTP_PLAIN=true"),
        ({"url": "http://10.0.0.1/", "secret": SECRET}, "use https"),
        ({"url": "http://127.0.0.1.example/", "secret": SECRET}, "use https"),
        ({"url": "https://eva:hunter2@coupons.example/", "secret": SECRET}, "a user or password does not belong into a URL"),
        ({"url": "ftp://coupons.example/", "secret": SECRET}, "expected https://HOST/PATH"),
        ({"url": "https:///give", "secret": SECRET}, "expected https://HOST/PATH"),
        ({"url": "https://coupons.example:port/", "secret": SECRET}, "expected https://HOST/PATH"),
    ],
)
def test_what_is_wrong_is_said(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SinkRefusesUs) as refused:
        Settings(**{f"coupon_service_{name}": value for name, value in settings.items()}).coupon_service()
    assert said in str(refused.value) and "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", [HTTPS, "http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:8700/x", "http://127.9.9.9/"])
def test_https_anywhere_and_plain_http_on_this_machine_will_do(url: str) -> None:
    Settings(coupon_service_url=url, coupon_service_secret=SECRET).coupon_service()


def test_plain_http_elsewhere_where_a_setting_says_so() -> None:
    Settings(coupon_service_url="http://coupons.internal/", coupon_service_secret=SECRET, http_plain=True).coupon_service()


def test_secrets_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text(f"{SECRET}\nwhsec_{'b3RoZXJ3' * 4}\n")
    sink = Settings(coupon_service_url=HTTPS, coupon_service_secret_file=str(file)).coupon_service()
    assert len(sink._sender.target.keys) == 2


def test_a_secret_is_not_printed() -> None:
    ran = tidemark("settings", coupon_service_url=HTTPS, coupon_service_secret=SECRET)
    assert ran.returncode == 0 and SECRET not in ran.stdout
    assert "TIDEMARK_COUPON_SERVICE_SECRET=**********" in ran.stdout and "TIDEMARK_HTTP_IN_FLIGHT=32" in ran.stdout
    assert "TIDEMARK_SINKS=wallet" in ran.stdout


@pytest.mark.slow
def test_deliver_says_what_a_sink_lacks_before_anything_runs() -> None:
    ran = tidemark("deliver", sinks="wallet,coupon_service")
    assert ran.returncode == 1 and "TIDEMARK_COUPON_SERVICE_URL is not set" in ran.stderr and "Traceback" not in ran.stderr
