"""The crash tests' pipeline."""

from tests.crash.conftest import partitions as partitions
from tests.crash.conftest import pipeline as pipeline
