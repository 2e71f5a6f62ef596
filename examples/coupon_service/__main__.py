"""`python -m examples.coupon_service`: the service on the loopback, with its coupons in a file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from aiohttp import web

from examples.coupon_service.service import coupon_service
from examples.coupon_service.store import Store

SECRETS = "COUPON_SERVICE_SECRET"


def main() -> None:
    """Runs until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m examples.coupon_service", description=__doc__)
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--file", type=Path, default=Path("coupons.sqlite"), help="where what was issued is kept")
    asked = parser.parse_args()
    secrets = os.environ.get(SECRETS, "").split()
    if not secrets:
        parser.error(f"set {SECRETS}: whsec_… as TIDEMARK_COUPON_SERVICE_SECRET has it; several apart by blanks")
    store = Store(asked.file)
    try:
        web.run_app(coupon_service(store, secrets), host="127.0.0.1", port=asked.port, access_log=None)
    finally:
        store.close()


if __name__ == "__main__":
    main()
