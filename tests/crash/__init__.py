"""What must hold whenever a worker dies, sleeps or is replaced, on a real Kafka (docs/guarantees.md)."""

import pytest

# Its assertions are to say what differs, as those of the tests themselves do.
pytest.register_assert_rewrite("tests.crash.pipeline")
