"""The delivery worker, put together of settings."""

from __future__ import annotations

from agents.deliver import Delivery, DeliverySettings
from agents.ownership.ownership import Ownership
from agents.turns.committer import Committer
from streams.topics import DELIVER_CHANGELOG, GIFTS
from tidemark.workers.group_worker import Agent, App, GroupWorker


class DeliveryWorker(GroupWorker):
    """Grants in, wallets out."""

    app = App("deliver", DELIVER_CHANGELOG, (GIFTS,))

    async def prepare(self) -> None:
        """Looks at Redis. Raises WalletRefused where it does not let us in; one that does not answer is waited for later."""
        self._wallet = self.settings.wallet()
        await self._wallet.look()

    def agent(self, ownership: Ownership, committer: Committer) -> Agent:
        """Applies what arrives to the wallet."""
        settings = self.settings
        delivering = DeliverySettings(settings.redis_batch, settings.max_document_bytes)
        return Delivery(ownership, committer, self._wallet, delivering, self.took, self.generation, self.options.probe).run

    async def stop(self) -> None:
        """As every worker; Redis is let go."""
        await super().stop()
        await self._wallet.close()
