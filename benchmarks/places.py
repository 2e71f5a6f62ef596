"""Where the benchmarks keep and write things."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build" / "bench"
# The broker's data; its log stays when a run fails.
BROKER = BUILD / "kafka"
# What Kafka Streams keeps on disk.
STREAMS_STATE = BUILD / "streams"
STREAMS_PEERS = ROOT / "benchmarks" / "kafka_streams"
DEFINITIONS = ROOT / "benchmarks" / "definitions"
FIGURES = ROOT / "docs" / "performance.json"
PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "performance.svg"
