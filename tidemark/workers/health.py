"""What a worker serves beside its work: `/metrics` for Prometheus; `/healthz`, 200 while its loop is alive; `/readyz`, 200 while it does
its work; else 503, with what is wrong. A worker that is not alive is to be started again; one that is not ready, waited for or looked at.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from agents.readiness import Readiness

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_BEAT_SECONDS = 1.0
# A turn or a recovery's chunk is far shorter.
_DEAD_AFTER_SECONDS = 10.0


class PortTaken(Exception):
    """The port of the figures cannot be had; the message says what to do."""


class Pulse:
    """Whether the worker's loop is alive: beaten in the loop, felt from other threads."""

    def __init__(self) -> None:
        self._beaten_at: float | None = None
        self.readiness: Readiness | None = None

    async def beat(self) -> None:
        """Beats until cancelled: from then on the worker is not well."""
        try:
            while True:
                self._beaten_at = time.monotonic()
                await asyncio.sleep(_BEAT_SECONDS)
        finally:
            self._beaten_at = None

    def state(self) -> str:
        """`ok`, `not running` before the worker has started and once it ends, or `stuck`."""
        beaten_at = self._beaten_at
        if beaten_at is None:
            return "not running"
        return "ok" if time.monotonic() - beaten_at < _DEAD_AFTER_SECONDS else "stuck"

    def reasons(self) -> tuple[str, ...]:
        """What keeps the worker from its work; none where it is ready."""
        state = self.state()
        if state != "ok" or self.readiness is None:
            return (f"the worker is {state}",)
        return self.readiness.reasons


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """A line for each visit of Prometheus would drown the log."""


def serve(host: str, port: int, pulse: Pulse) -> None:
    """Serves in a thread of its own, so that a stuck loop can be told from outside. Raises PortTaken."""
    metrics = make_wsgi_app()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/healthz":
            state = pulse.state()
            return _plain(start_response, state == "ok", state)
        if environ["PATH_INFO"] == "/readyz":
            reasons = pulse.reasons()
            return _plain(start_response, not reasons, "\n".join(reasons) or "ready")
        figures: Iterable[bytes] = metrics(environ, start_response)
        return figures

    try:
        server = make_server(host, port, answer, _Server, _Silent)
    except OSError as error:
        raise PortTaken(
            f"the worker's figures cannot be served on {host}:{port} ({error.strerror}): set TIDEMARK_METRICS_HOST and "
            "TIDEMARK_METRICS_PORT to what is free, a port for each worker, or the port to 0 for none"
        ) from error
    threading.Thread(target=server.serve_forever, name="figures", daemon=True).start()


def _plain(start_response: StartResponse, well: bool, said: str) -> Iterable[bytes]:
    start_response("200 OK" if well else "503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{said}\n".encode()]
