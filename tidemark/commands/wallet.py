"""`tidemark wallet MEMBER`."""

from __future__ import annotations

import asyncio

from sinks.wallet import Balance
from tidemark.settings import Settings


def wallet(member: str, /) -> None:
    """Show a member's wallet: points, and coupons by code."""
    balance = asyncio.run(_balance(member))
    print(f"{balance.points:>12,} points")
    for code, count in balance.coupons.items():
        print(f"{count:>12,} x {code}")


async def _balance(member: str) -> Balance:
    wallets = Settings().wallet()
    try:
        return await wallets.balance(member)
    finally:
        await wallets.close()
