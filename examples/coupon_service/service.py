"""A coupon service to start from: `POST /coupons` takes what Tidemark sends, `GET /members/ID/coupons` shows what a member was given."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from examples.coupon_service.store import Store, Wanted

STORE = web.AppKey("store", Store)
KEYS = web.AppKey("keys", list[Webhook])

_MOST_BYTES = 64 * 1024
_MOST_COUPONS = 10_000


def coupon_service(store: Store, secrets: list[str]) -> web.Application:
    """`secrets`: `whsec_…`, one or several while they are exchanged: a message is good that is signed by any."""
    app = web.Application(client_max_size=_MOST_BYTES)
    app[STORE] = store
    app[KEYS] = [Webhook(secret) for secret in secrets]
    app.add_routes([web.post("/coupons", give), web.get("/members/{member_id}/coupons", show)])
    return app


async def give(request: web.Request) -> web.Response:
    """Issues the coupons of a message once. Answers 201, or 200 where it was known; 4xx is for good: Tidemark does not send it again."""
    body = await request.read()
    if not _is_signed(request, body):
        return _refusal(401, "the signature is not ours, or older than five minutes")
    key = request.headers.get("idempotency-key")
    if key != request.headers["webhook-id"]:
        return _refusal(400, "Idempotency-Key must be the message's webhook-id")
    try:
        wanted = _wanted(key, json.loads(body))
    except (KeyError, TypeError, ValueError) as error:
        return _refusal(422, f"not a coupon that was given: {error}")
    codes, known = request.app[STORE].issue(wanted)
    return web.json_response(
        {"codes": codes}, status=200 if known else 201, headers={"idempotency-replayed": "true"} if known else None
    )


async def show(request: web.Request) -> web.Response:
    """What a member was given, to look at."""
    return web.json_response({"coupons": request.app[STORE].of_member(request.match_info["member_id"])})


def _is_signed(request: web.Request, body: bytes) -> bool:
    for key in request.app[KEYS]:
        try:
            key.verify(body, dict(request.headers), json_parse=False)
        except Exception:
            # Of what does not even decode the library lets several kinds through.
            continue
        return True
    return False


def _wanted(key: str, message: Any) -> Wanted:
    if message["type"] != "coupon.given":
        raise ValueError(f"of type {message['type']!r}")
    data = message["data"]
    for name in ("member_id", "coupon"):
        if not isinstance(data[name], str) or not data[name]:
            raise ValueError(f"{name} must be text")
    quantity = data["quantity"]
    if type(quantity) is not int or not 1 <= quantity <= _MOST_COUPONS:
        raise ValueError(f"quantity must be a whole number from 1 to {_MOST_COUPONS}")
    return Wanted(key, data["member_id"], data["coupon"], quantity, data.get("valid_from"), data.get("valid_to"))


def _refusal(status: int, said: str) -> web.Response:
    return web.json_response({"error": said}, status=status)
