"""Random definitions and documents, the same for the same seed, that try every sentence of the spec often."""

from .definitions import definitions
from .documents import stream
from .folder import write_definitions, write_stream

__all__ = ["definitions", "stream", "write_definitions", "write_stream"]
