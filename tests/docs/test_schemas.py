"""The JSON Schemas that are published are those of the code."""

from __future__ import annotations

import pytest

from devtools.schemas import FOLDER, SCHEMAS, WRITTEN, schema_text


@pytest.mark.parametrize("name", [*SCHEMAS, *WRITTEN])
def test_a_schema_is_current(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == schema_text(name), "run: python -m devtools.schemas"


def test_there_is_no_other_schema() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*SCHEMAS, *WRITTEN}
