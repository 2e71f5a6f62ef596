"""What is logged, by us and by the libraries: on standard error, and harmless to a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from broker.client.retries import SeldomLogged
from tidemark.terminal import shown

# Lines, and columns within them.
_OF_TRACEBACKS = "\n\t"
# When it was, and the traceback.
_EVERY_LINE = (structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info)


class _Visible(logging.Formatter):
    """Of what libraries log, on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record), keep=_OF_TRACEBACKS)


def _as_json() -> logging.Formatter:
    """Of what libraries log, for whoever reads lines of JSON: with the fields of ours."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, *_EVERY_LINE],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )


def _visible(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: what came from outside is shown, and does nothing to the terminal."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = shown(value, keep=_OF_TRACEBACKS if name == "exception" else "")
    return event


def configure_logging(level: str) -> None:
    """Structured lines on standard error: keys and values, JSON where nobody looks on."""
    number = getattr(logging, level.upper())
    to_stderr = logging.StreamHandler(sys.stderr)
    looked_on = sys.stderr.isatty()
    to_stderr.setFormatter(_Visible("%(levelname)s %(name)s %(message)s") if looked_on else _as_json())
    to_stderr.addFilter(SeldomLogged())
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[to_stderr])
    # That a topic is not there: whoever asked for it says so, and what to do.
    logging.getLogger("aiokafka.cluster").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *_EVERY_LINE,
            # JSON escapes what is not ASCII by itself.
            *((_visible, structlog.dev.ConsoleRenderer()) if looked_on else (structlog.processors.JSONRenderer(),)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
