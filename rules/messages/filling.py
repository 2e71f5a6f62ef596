"""Texts of the Message Centre that Tidemark itself sends, and their placeholders (spec 3.11)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rules.definitions.checking.fault import Fault, listed, meant

LEVEL_UPGRADED = "level_upgraded"
RULES_AND_BENEFITS = "rules_and_benefits"
# By the text's name, which is the type of its messages: what may stand in it.
PLACEHOLDERS: Mapping[str, tuple[str, ...]] = {
    LEVEL_UPGRADED: ("member_name", "level", "discounts"),
    RULES_AND_BENEFITS: ("member_name", "program", "level", "rules", "benefits"),
}

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in, once: what a name itself contains stays as it is. One that is not known stays too."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def text_faults(texts: Mapping[str, str]) -> Iterator[Fault]:
    """Placeholders that are not known, of the texts that have some."""
    for name, known in PLACEHOLDERS.items():
        for placeholder in dict.fromkeys(_PLACEHOLDER.findall(texts.get(name, ""))):
            if placeholder not in known:
                hint = meant(placeholder, known) or f"; there are {listed(known, 'and')}"
                yield Fault(f"texts.{name}", f"{{{placeholder}}} is not known here and stays as it is{hint}", warning=True)
