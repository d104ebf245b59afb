"""A reply has room for what the prompt can name, and little more."""

import pytest

from planner.llm.bounds import most_regions, reply_model
from planner.llm.reply import MAX_RELATIONS, SceneReply


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("a crystal cave", 1),
        ("cat, dog, bird, fish", 4),
        ("a red fox sleeping under an oak tree", 2),
        ("a knight on the left, a green dragon on the right, castle in the background", 3),
        ("dogs chase cats chasing mice", 3),
        ("eine Katze, ein Hund", 2),
        ("一只猫，一只狗", 2),
        ("🐈🐕", 2),
        (" ".join(f"a thing{i} and" for i in range(80)), 31),
    ],
)
def test_there_is_room_for_every_thing(prompt: str, things: int) -> None:
    assert things <= most_regions(prompt) <= 32


def test_a_short_prompt_has_no_room_for_a_long_list() -> None:
    assert most_regions("a crystal cave") == 3
    assert most_regions("a red fox sleeping under an oak tree") == 4


def test_the_schema_carries_the_bound_and_the_model_reads_longer_lists() -> None:
    form = reply_model(3)
    schema = form.model_json_schema()
    assert schema["title"] == "SceneReply"
    assert schema["properties"]["regions"]["maxItems"] == 3
    assert schema["properties"]["relations"]["maxItems"] == 3
    assert reply_model(32).model_json_schema()["properties"]["relations"]["maxItems"] == MAX_RELATIONS
    assert SceneReply.model_json_schema()["properties"]["regions"]["maxItems"] == 32
    read = form.model_validate({"absent": ["a"] * 99})
    assert isinstance(read, SceneReply)
    assert len(read.absent) == 99
