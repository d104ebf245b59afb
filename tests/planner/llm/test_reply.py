"""The reply's schema is what strict endpoints take, and what it reads is lenient."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from planner.llm.reply import ReplyBox, SceneReply
from planner.scene import Place


def objects(schema: object) -> Iterator[dict[str, Any]]:
    """Every object's schema within a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    if isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_every_object_requires_all_its_fields_and_allows_no_other() -> None:
    found = list(objects(SceneReply.model_json_schema()))
    assert len(found) == 5
    for schema in found:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        assert all("default" not in field for field in schema["properties"].values())


def test_everything_that_can_grow_is_bounded() -> None:
    def leaves(schema: object) -> Iterator[dict[str, Any]]:
        if isinstance(schema, dict):
            if schema.get("type") in {"string", "integer", "array"}:
                yield schema
            for part in schema.values():
                yield from leaves(part)
        if isinstance(schema, list):
            for part in schema:
                yield from leaves(part)

    bounds = {"string": {"maxLength", "enum"}, "integer": {"maximum"}, "array": {"maxItems"}}
    for leaf in leaves(SceneReply.model_json_schema()):
        assert bounds[leaf["type"]] & set(leaf), leaf


def read(where: object, **fields: Any) -> SceneReply:
    return SceneReply.model_validate(
        {"regions": [{"name": "fox", "prompt": "a fox", "where": where, **fields}]}
    )


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"x0": 9, "y0": 0, "x1": -5, "y1": 2000}, ReplyBox(x0=9, y0=0, x1=-5, y1=2000)),
        (
            {"horizontal": "left", "vertical": "top", "size": "small"},
            Place(horizontal="left", vertical="top", size="small"),
        ),
        ({"horizontal": "somewhere"}, None),
        ("upper left", None),
        (None, None),
    ],
)
def test_where_is_read_or_left_open(where: object, expected: object) -> None:
    assert read(where).regions[0].where == expected


def test_null_is_no_words_and_unknown_fields_are_ignored() -> None:
    assert SceneReply.model_validate({"caption": None, "mood": "gay"}).caption == ""


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(ValidationError):
        read(None, count="several")
