"""The other process of a replay in two: what it has told, and what it is asked (see agents/replaying/apart/half.py)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Final

import msgspec
from msgspec import Struct

from agents.replaying.apart.told import Told
from rules.clock import DocumentsClock
from rules.limits.keeper import Kept
from tables.keeping import Keeping

# A step that is after all of them.
NEVER: Final = 2**62
# What both processes see.
SHARED_BYTES: Final = 4
# What one has sent is with the other long before that.
_BOTH_WAIT_SECONDS: Final = 5.0


class _Read(Struct, array_like=True, tag=0):
    """Of the next lines that it reads, in their order. `grants`: how many it has made by now."""

    lines: list[Told]
    grants: int


class _Moved(Struct, array_like=True, tag=1):
    """The clock after a step of which that could not be told."""

    step: int
    now_ms: int
    finer_us: int
    began_ms: int


class _Asks(Struct, array_like=True, tag=2):
    """It waits until all before a step is done here."""

    step: int


class _Passed(Struct, array_like=True, tag=3):
    """It has done all before a step; what its keepers have made by now, by activity."""

    step: int
    kept: dict[str, Kept]


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Read | _Moved | _Asks | _Passed).decode


class OtherEnded(Exception):
    """The other process has ended before this one was done, or waits for it as it waits for that."""


class Other:
    """Both go through the same steps. No more is on its way to each than what is told of the lines that are read ahead."""

    def __init__(self, connection: Connection, shared: memoryview, mine: int) -> None:
        """`shared`: SHARED_BYTES that both processes see. `mine`: which of the two this one is."""
        self._connection = connection
        # A byte for each process: whether it is asked something; and whether it waits.
        self._asked, self._waits = shared[:2], shared[2:]
        self._mine = mine
        self._told: deque[Told] = deque()
        self._moved: deque[_Moved] = deque()
        self._asked_step = NEVER
        self._passed = 0
        self._kept: dict[str, Kept] = {}
        self.grants = 0
        # What this process is at: all before it is done.
        self.step = 0
        # What keepers have made here.
        self.keeping = Keeping(at_hand=True)

    def tell(self, lines: Sequence[Told], grants: int) -> None:
        """Of the next lines that are read here."""
        self._send(_Read(list(lines), grants))

    def tell_clock(self, clock: DocumentsClock) -> None:
        """As the step in hand has left it."""
        self._send(_Moved(self.step, clock.now_ms, clock.finer_us, clock.began_ms))

    def told(self) -> Told:
        """Of the next line that it reads."""
        while not self._told:
            self._receive()
        return self._told.popleft()

    def await_clock(self, clock: DocumentsClock) -> None:
        """Sets it as the step in hand, which is the other's, has left it."""
        while not self._moved:
            self._receive()
        moved = self._moved.popleft()
        assert moved.step == self.step, (moved, self.step)
        clock.now_ms, clock.finer_us, clock.began_ms = moved.now_ms, moved.finer_us, moved.began_ms

    def begin(self, step: int) -> None:
        """All before that is done."""
        self.step = step
        if self._asked[self._mine]:
            self._asked[self._mine] = 0
            while self._connection.poll():
                self._receive()
        if self._asked_step <= step:
            self._answer()

    def kept_before(self) -> dict[str, Kept]:
        """What its keepers have made of all before the step in hand."""
        if self._passed < self.step:
            self._send(_Asks(self.step))
            self._asked[1 - self._mine] = 1
            while self._passed < self.step:
                self._receive()
        return self._kept

    def end(self) -> None:
        """All is done here; comes back once it is there as well, so that who is told something still listens."""
        self.step = NEVER
        self._answer()
        while self._passed < NEVER:
            self._receive()

    def _answer(self) -> None:
        self._asked_step = NEVER
        self._send(_Passed(self.step, self.keeping.kept))

    def _wait(self) -> None:
        """Until something comes. That each waits for the other would be a bug of ours: then it is no use to wait."""
        if self._connection.poll():
            return
        waits, mine = self._waits, self._mine
        waits[mine] = 1
        while not self._connection.poll(_BOTH_WAIT_SECONDS):
            # What it has sent before it began to wait is here by now.
            if waits[1 - mine] and not self._connection.poll():
                raise OtherEnded
        waits[mine] = 0

    def _send(self, message: Struct) -> None:
        try:
            self._connection.send_bytes(_encode(message))
        except OSError as error:
            raise OtherEnded from error

    def _receive(self) -> None:
        try:
            self._wait()
            message = _decode(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise OtherEnded from error
        match message:
            case _Read():
                self._told += message.lines
                self.grants = message.grants
            case _Moved():
                self._moved.append(message)
            case _Asks():
                self._asked_step = message.step
                if message.step <= self.step:
                    self._answer()
            case _Passed():
                self._passed, self._kept = message.step, message.kept
