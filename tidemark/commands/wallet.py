"""`tidemark wallet MEMBER`."""

from __future__ import annotations

import asyncio

from sinks.wallet.wallet import Balance
from tidemark.settings.settings import Settings
from tidemark.terminal import say


def wallet(member: str, /) -> None:
    """Show a member's wallet: points, and coupons by code, with the ends of their validity."""
    balance = asyncio.run(balance_of(Settings(), member))
    say(f"{balance.points:>12,} points")
    for code, count in balance.coupons.items():
        say(f"{count:>12,} x {code}")
        for (of, end), ending in balance.until.items():
            if of == code:
                say(f"{'':12}   of these {ending:,} until {end}")


async def balance_of(settings: Settings, member: str) -> Balance:
    """What a member has. Raises SinkDown."""
    wallets = settings.wallet()
    try:
        return await wallets.balance(member)
    finally:
        await wallets.close()
