"""The errors that a user can mend, in words that say how. Imported once there is an error: it knows what every command raises."""

from __future__ import annotations

from pydantic import ValidationError

from broker.client.connection import BrokerUnavailable, WrongCertificate
from broker.client.produce import WriteFailed
from rules.definitions.saved import NewerFormat
from sinks.sink import SinkDown
from tidemark.definitions.proposals import NotPublished
from tidemark.members.sending import WrongDocument
from tidemark.settings.faults import wrong_settings
from tidemark.settings.settings import UnreadableSettings
from tidemark.workers.health import PortTaken

_MENDABLE = (
    BrokerUnavailable,
    NewerFormat,
    NotPublished,
    OSError,
    PortTaken,
    SinkDown,
    UnreadableSettings,
    WriteFailed,
    WrongCertificate,
    WrongDocument,
)


def mendable(error: Exception) -> str | None:
    """What to tell the user; None for a defect of ours, which keeps its traceback."""
    if isinstance(error, ValidationError):
        return wrong_settings(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, _MENDABLE):
        return str(error)
    return None
