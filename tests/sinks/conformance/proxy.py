"""Between a sink and its server: lets everything through, or does what networks and servers do to one."""

from __future__ import annotations

import asyncio
import contextlib
from enum import Enum, auto


class Fault(Enum):
    """DOWN: whoever connects is cut off. CUT: what is asked gets there, and of the answers some do, then all is cut. SLOW: answers
    come too late. NONSENSE: bytes come back that are no answer; nothing gets there.
    """

    NONE = auto()
    DOWN = auto()
    CUT = auto()
    SLOW = auto()
    NONSENSE = auto()


class Proxy:
    """On a free port of the loopback. `fault` may be changed at any moment; `met` counts what it has done so far."""

    def __init__(self, host: str, port: int) -> None:
        """Of the server."""
        self.fault = Fault.NONE
        self.met = 0
        # With CUT: how many answers get through before.
        self.answers_left = 0
        self.slow_seconds = 0.0
        self._upstream = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """The port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def set(self, fault: Fault) -> None:
        """From now on; who is connected is cut off."""
        self.fault = fault
        self._cut()

    async def close(self) -> None:
        self._server.close()
        self._cut()
        for task in self._tasks:
            task.cancel()

    def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(task := asyncio.current_task())  # type: ignore[arg-type]
        self._writers.add(writer)
        try:
            if self.fault is Fault.DOWN:
                self.met += 1
                return
            if self.fault is Fault.NONSENSE:
                await reader.read(65_536)
                self.met += 1
                writer.write(b"\x00\xffnonsense\r\n\r\n")
                await writer.drain()
                return
            up_reader, up_writer = await asyncio.open_connection(*self._upstream)
            self._writers.add(up_writer)
            asking = asyncio.create_task(_pump(reader, up_writer))
            try:
                await self._answer(up_reader, writer)
            finally:
                asking.cancel()
                up_writer.transport.abort()
                self._writers.discard(up_writer)
        except OSError:
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)  # type: ignore[arg-type]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self.fault is Fault.CUT:
                self.answers_left -= 1
                if self.answers_left < 0:
                    self.met += 1
                    return
            if self.fault is Fault.SLOW:
                self.met += 1
                await asyncio.sleep(self.slow_seconds)
            writer.write(data)
            await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
