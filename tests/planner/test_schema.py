"""The published schema of plans is what the types say."""

import json

from planner.schema import PUBLISHED, schema_text


def test_the_published_schema_is_that_of_the_types() -> None:
    assert PUBLISHED.read_text("utf-8") == schema_text(), "run python -m planner.schema"


def test_every_version_is_published_and_names_itself() -> None:
    for number in (1, 2, 3):
        schema = json.loads((PUBLISHED.parent / f"plan-{number}.json").read_text("utf-8"))
        assert schema["properties"]["version"]["const"] == number
