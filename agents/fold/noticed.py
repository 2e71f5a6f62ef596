"""What is noticed of documents beside what comes of them: figures by feed, and words that nobody knows (spec 1.1)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from agents.metrics import UNKNOWN_WORDS
from rules.documents.tolerant.fields import UnknownWord

_log = structlog.get_logger()

# Words that are remembered as logged: whoever sends more of them sends no words.
MOST_WORDS = 1_000
_WORD_CHARACTERS = 64


class Noticed:
    """Words that were met; one for a process."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, str]] = set()

    def words(self, feed: str, unknown: Sequence[UnknownWord]) -> None:
        """Counts unknown words by their field, and logs each once."""
        for field, word in unknown:
            UNKNOWN_WORDS.labels(field).inc()
            shown = word[:_WORD_CHARACTERS]
            if (field, shown) in self._logged or len(self._logged) > MOST_WORDS:
                continue
            self._logged.add((field, shown))
            if len(self._logged) > MOST_WORDS:
                _log.warning("unknown_words_not_logged_any_more", logged=MOST_WORDS)
            else:
                _log.warning("unknown_word", field=field, word=shown, feed=feed)


NOTICED = Noticed()
