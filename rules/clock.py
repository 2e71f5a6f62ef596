"""A partition's time. Everything that is judged by a time asks its clock, and nobody else; it never goes back (spec 1.5)."""

from __future__ import annotations

from rules.state import ALWAYS_MS, NEVER_MS


class Clock:
    """The broker's: of the records as they were appended; where nothing comes, as far as it is known that nothing was appended.

    `now_ms`: epoch ms. `began_ms`: nothing is due that was before it began; NEVER_MS while it has not.
    """

    __slots__ = ("began_ms", "finer_us", "now_ms", "of_documents")

    def __init__(self, now_ms: int = 0) -> None:
        self.now_ms = now_ms
        self.began_ms = ALWAYS_MS
        # By how much it is later than these milliseconds: a broker's by nothing.
        self.finer_us = 0
        # Whether accepted documents move it.
        self.of_documents = False

    @property
    def now_us(self) -> int:
        """Epoch us."""
        return self.now_ms * 1000 + self.finer_us

    def reach(self, time_ms: int) -> None:
        """It is that late, at least."""
        if time_ms > self.now_ms:
            self.now_ms, self.finer_us = time_ms, 0

    def appended(self, time_ms: int) -> None:
        """A record that was appended then is about to be applied."""
        if time_ms > self.now_ms:
            self.now_ms = time_ms

    def received_ms(self, appended_ms: int, own_ms: int) -> int:
        """When a document that does not say so was received: appended then, and of its own time (epoch ms)."""
        return appended_ms

    def accepted(self, time_ms: int, received_ms: int, finer_us: int = 0) -> None:
        """A document of that time is about to be applied, which is neither late nor a second one. `finer_us`: by how much the later of its
        times is later than these milliseconds.
        """

    def refused(self, before_ms: int) -> None:
        """It was not applied after all; `before_ms`: the time before it was accepted."""


class DocumentsClock(Clock):
    """A replay's: the latest time read so far from accepted documents. One for all partitions."""

    __slots__ = ("_ended", "_finer_before_us")

    def __init__(self) -> None:
        super().__init__()
        self.began_ms = NEVER_MS
        self.of_documents = True
        self._ended = False
        self._finer_before_us = 0

    def appended(self, time_ms: int) -> None:
        """When a replay was run means nothing."""

    def received_ms(self, appended_ms: int, own_ms: int) -> int:
        return max(self.now_ms, own_ms)

    def accepted(self, time_ms: int, received_ms: int, finer_us: int = 0) -> None:
        self._finer_before_us = self.finer_us
        latest = max(time_ms, received_ms), finer_us
        if latest > (self.now_ms, self.finer_us):
            self.now_ms, self.finer_us = latest
        if self.began_ms == NEVER_MS and self.now_ms > 0:
            self.began_ms = self.now_ms

    def refused(self, before_ms: int) -> None:
        if before_ms < self.now_ms:
            self.now_ms, self.finer_us = before_ms, self._finer_before_us
        if before_ms == 0:
            self.began_ms = NEVER_MS

    def end(self, time_ms: int) -> None:
        """The last document was read; it is that late, once (spec 6)."""
        if not self._ended:
            self._ended = True
            self.reach(time_ms)
