"""The reply's schema is what strict endpoints take, and what it reads is lenient."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.llm.reply import ReplyBox, SceneReply, SmallReply, small_form
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


def leaves(schema: object) -> Iterator[dict[str, Any]]:
    """Every string's, integer's and list's schema within a schema."""
    if isinstance(schema, dict):
        if schema.get("type") in {"string", "integer", "array"}:
            yield schema
        for part in schema.values():
            yield from leaves(part)
    if isinstance(schema, list):
        for part in schema:
            yield from leaves(part)


@pytest.mark.parametrize("form", [SceneReply, small_form("a fox and a hen")])
def test_every_object_requires_all_its_fields_and_allows_no_other(form: type[SceneReply]) -> None:
    found = list(objects(form.model_json_schema()))
    assert len(found) >= 2
    for schema in found:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        assert all("default" not in field for field in schema["properties"].values())


def test_numbers_and_lists_are_bounded() -> None:
    bounds = {"integer": {"maximum"}, "array": {"maxItems"}}
    for leaf in leaves(SceneReply.model_json_schema()):
        assert bounds.get(leaf["type"], {"type"}) & set(leaf), leaf


def test_a_small_form_has_room_for_what_so_many_words_can_name() -> None:
    rooms = [small_form(" ".join(["word"] * n)).model_json_schema() for n in (6, 400)]
    assert [room["properties"]["regions"]["maxItems"] for room in rooms] == [5, 32]


def read(where: object, **fields: Any) -> SceneReply:
    return SceneReply.model_validate(
        {"regions": [{"name": "fox", "prompt": "a fox", "where": where, **fields}]}
    )


PLACE = {"horizontal": "left", "vertical": "top", "size": "small"}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"x0": 9, "y0": 0, "x1": -5, "y1": 2000}, ReplyBox(x0=9, y0=0, x1=-5, y1=2000)),
        ({"x0": "10", "y0": 20.4, "x1": "300 px", "y1": 400}, ReplyBox(x0=10, y0=20, x1=300, y1=400)),
        ({"x0": 0.1, "y0": 0, "x1": 0.55, "y1": 1}, ReplyBox(x0=100, y0=0, x1=550, y1=1000)),
        ([0.1, 0, 0.55, 1], ReplyBox(x0=100, y0=0, x1=550, y1=1000)),
        ([10, 20, 300, 400], ReplyBox(x0=10, y0=20, x1=300, y1=400)),
        ({"x0": 0, "y0": 0, "x1": 1, "y1": 1}, ReplyBox(x0=0, y0=0, x1=1, y1=1)),
        (PLACE, Place(horizontal="left", vertical="top", size="small")),
        ({**PLACE, "vertical": "up there"}, Place(horizontal="left", vertical="middle", size="small")),
        ({"horizontal": "RIGHT"}, Place(horizontal="right", vertical="middle", size="medium")),
        ({"x0": 1, "y0": 2}, None),
        ([1, 2], None),
        ("upper left", None),
        (None, None),
    ],
)
def test_where_is_read_as_it_can_be_meant_or_left_open(where: object, expected: object) -> None:
    assert read(where).regions[0].where == expected


def test_whether_parts_of_the_canvas_are_meant_is_told_by_all_boxes() -> None:
    places = [{"x0": 0, "y0": 0, "x1": 1, "y1": 1}, {"x0": 0.5, "y0": 0.5, "x1": 1.02, "y1": 1}]
    reply = SceneReply.model_validate(
        {"regions": [{"name": str(n), "where": w} for n, w in enumerate(places)]}
    )
    assert [region.where for region in reply.regions] == [
        ReplyBox(x0=0, y0=0, x1=1000, y1=1000),
        ReplyBox(x0=500, y0=500, x1=1020, y1=1000),
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(3, 3), ("4", 4), (2.0, 2), (None, 1), ("several", 1), (0, 1), (10**9, 1000), ([3], 1)],
)
def test_counts_are_read_as_they_can_be_meant(count: object, expected: int) -> None:
    assert read(None, count=count).regions[0].count == expected


def test_words_and_lists_are_read_as_they_can_be_meant() -> None:
    reply = SceneReply.model_validate(
        {
            "caption": None,
            "style": ["oil painting", "dusk"],
            "absent": "cars, dogs",
            "quotes": "none",
            "regions": [{"name": "fox", "quotes": "a red fox"}, "an oak", {"prompt": "a hen", "depth": 12}],
            "relations": None,
            "mood": "gay",
        }
    )
    assert (reply.caption, reply.style, reply.absent) == ("", "oil painting, dusk", ("cars", "dogs"))
    assert [(r.name, r.prompt, r.quotes, r.depth) for r in reply.regions] == [
        ("fox", "", ("a red fox",), 0),
        ("", "a hen", (), 9),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "prompt", "where", "x0", "horizontal", "style"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(SceneReply.model_fields)), json_values))
def test_nothing_that_a_field_holds_makes_a_reply_unreadable(data: dict[str, Any]) -> None:
    SceneReply.model_validate(data)
    SmallReply.model_validate(data)
