"""Messages to a target: signed, each until it is answered, those of one member in their order, so many at once (spec 4.2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import aiohttp
import stamina
import stamina.instrumentation
import structlog

from sinks.http.answers import Again, is_taken, judged, was_known
from sinks.http.circuit import Circuit
from sinks.http.message import Message, headers_of
from sinks.http.target import Patience, Target
from sinks.sink import KNOWN, TAKEN, Answer, Refused, SinkDown, Taken
from sinks.urls import without_secrets

_log = structlog.get_logger()

# Of what a target says to a refusal, in the dead letter.
_MOST_SAID_BYTES = 500

# Its hooks would log each try of each message; whoever gives to a sink says once that it is down.
stamina.instrumentation.set_on_retry_hooks([])


class Failed(SinkDown):
    """A message was not answered well; it may have been taken. `answered`: by an error of the target's own, about this message perhaps."""

    def __init__(self, why: str, word: str, *, answered: bool) -> None:
        super().__init__(why, word)
        self.answered = answered


def _untold(place: int, came: str) -> None:
    """Nobody asks how it went."""


class Sender:
    """To one target. A message that was answered is not sent again while the others of what it was given with are."""

    def __init__(self, target: Target, patience: Patience, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Nothing is connected yet."""
        self.target = target
        self._patience = patience
        self._monotonic = monotonic
        self._circuit = Circuit(target.name, patience.failures, patience.open_seconds, monotonic)
        self._session: aiohttp.ClientSession | None = None
        # By the message's id, of what is being given: so they are no more than that.
        self._answers: dict[str, Answer] = {}
        self._failing_since: dict[str, float] = {}
        self._told: Callable[[Message, str], None] = lambda message, came: None

    async def look(self) -> None:
        """There is nothing to ask a target that would be no message; what is unwise is logged."""
        if self.target.url.startswith("http://"):
            _log.warning("target_in_the_clear", target=self.target.name, url=without_secrets(self.target.url))

    async def give(self, messages: Sequence[Message], tried: Callable[[int, str], None] = _untold) -> list[Answer]:
        """What became of each. Raises SinkDown, and then takes them again. `tried`: told of each try, by the message's place."""
        wanted = {message.id for message in messages}
        self._answers = {id_: answer for id_, answer in self._answers.items() if id_ in wanted}
        self._failing_since = {id_: since for id_, since in self._failing_since.items() if id_ in wanted}
        places: dict[str, int] = {}
        for place, message in enumerate(messages):
            places.setdefault(message.id, place)
        self._told = lambda message, came: tried(places[message.id], came)
        waiting = [message for message in messages if message.id not in self._answers]
        if waiting and not self._circuit.is_closed:
            # Alone, until it is known that the others are welcome.
            await self._settle(waiting[0])
        of_members: dict[str, list[Message]] = {}
        for message in waiting:
            of_members.setdefault(message.member_id, []).append(message)
        queues = iter(of_members.values())
        down: list[SinkDown] = []
        await asyncio.gather(*(self._work(queues, down) for _ in range(min(self._patience.in_flight, len(of_members)))))
        if down:
            raise down[0]
        answers = [self._answers[message.id] for message in messages]
        # Whatever comes with the same id from now on is asked about anew: it may have been mended.
        self._answers, self._failing_since = {}, {}
        return answers

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _work(self, queues: Iterator[list[Message]], down: list[SinkDown]) -> None:
        """One member's messages after the other's. A member's are left at the first that fails; all are, once the target is down."""
        for queue in queues:
            for message in queue:
                if any(not isinstance(error, Failed) for error in down):
                    return
                try:
                    await self._settle(message)
                except SinkDown as error:
                    down.append(error)
                    break

    async def _settle(self, message: Message) -> None:
        """Has an answer to a message. Raises SinkDown."""
        if message.id in self._answers:
            return
        try:
            self._answers[message.id] = await self._send(message)
        except Failed as failed:
            if not failed.answered:
                raise
            since = self._failing_since.setdefault(message.id, self._monotonic())
            if self._monotonic() - since < self._patience.give_up_seconds:
                raise
            detail = f"{failed}, for as long as TIDEMARK_HTTP_GIVE_UP_HOURS: mend it there, then `tidemark dead-letters resend`"
            self._answers[message.id] = Refused(f"{self.target.name}_failed", detail)

    async def _send(self, message: Message) -> Answer:
        """Tries, apart and further apart. Raises SinkDown."""
        patience = self._patience
        async for attempt in stamina.retry_context(
            on=Failed,
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.retry_seconds,
            wait_max=patience.most_retry_seconds,
            wait_jitter=patience.retry_seconds,
        ):
            with attempt:
                return await self._try(message)
        raise AssertionError("stamina returns or raises")

    async def _try(self, message: Message) -> Answer:
        """Sends it once. Raises Failed, Waiting."""
        self._circuit.enter()
        try:
            status, answer = await self._post(message)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            word = type(error).__name__
            why = f"{self.target.name} at {without_secrets(self.target.url)} does not answer ({word}: {error})"
            self._told(message, word)
            self._circuit.failed(why)
            raise Failed(why, word, answered=False) from error
        except BaseException:
            self._circuit.left()
            raise
        self._told(message, TAKEN if answer is Taken.NOW else KNOWN if answer is Taken.BEFORE else str(status))
        if not isinstance(answer, Again):
            self._circuit.answered()
            return answer
        if answer.wait_seconds:
            raise self._circuit.asked_to_wait(min(answer.wait_seconds, self._patience.most_wait_seconds))
        self._circuit.failed(answer.why)
        raise Failed(answer.why, str(status), answered=True)

    async def _post(self, message: Message) -> tuple[int, Answer | Again]:
        """The status that it was answered with, and what that means."""
        now = datetime.now(UTC)
        async with self._connected().post(
            self.target.url, data=message.body, headers=headers_of(message, self.target.keys, now), allow_redirects=False
        ) as response:
            if is_taken(response.status):
                # What it says beside is not read, however much it is.
                return response.status, Taken.BEFORE if was_known(response.status, response.headers) else Taken.NOW
            said = (await response.content.read(_MOST_SAID_BYTES)).decode("utf-8", "replace")
            return response.status, judged(self.target, response.status, response.headers, " ".join(said.split()), now)

    def _connected(self) -> aiohttp.ClientSession:
        """Made in the loop that uses it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._patience.in_flight),
                timeout=aiohttp.ClientTimeout(total=self._patience.timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"user-agent": "tidemark", "accept": "application/json"},
            )
        return self._session
