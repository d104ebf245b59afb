"""What the model is told holds together: the planner finds nothing wrong with any worked example."""

import json
from pathlib import Path
from typing import get_args

import pytest

import prompts
from planner import arrange
from planner.builtin import BuiltinPlanner
from planner.llm.checks import faults
from planner.llm.details import LENGTHS, PENALTY, listed
from planner.llm.mend import mend
from planner.llm.named import NamedPlanner
from planner.llm.reply import ReplyBox, SceneReply
from planner.llm.small import SmallReply
from planner.llm.sound import sound
from planner.local.server import Served
from planner.scene import Place

EXAMPLES = prompts.examples()
REPLIES = [SceneReply.model_validate_json(example.reply) for example in EXAMPLES]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_a_faultless_plan_of_its_prompt(example: prompts.Example) -> None:
    reply = SceneReply.model_validate_json(example.reply, extra="forbid")
    assert faults(reply, example.prompt) == ()
    mended = mend(reply, example.prompt)
    assert mended.notes == ()
    assert len(mended.scene.relations) == len(reply.relations)
    assert {"dropped relation", "lost"}.isdisjoint(note.kind for note in arrange(mended.scene).notes)


def test_the_examples_show_every_kind_of_thing() -> None:
    regions = [region for reply in REPLIES for region in reply.regions]
    assert {type(region.where) for region in regions} == {ReplyBox, Place}
    assert {1 < region.count <= 10 for region in regions} == {True, False}
    assert any(region.count > 10 for region in regions)
    assert any(reply.absent for reply in REPLIES)
    assert any(reply.style for reply in REPLIES)
    assert any(region.depth > 0 for region in regions)


def test_every_field_of_the_reply_is_explained() -> None:
    schema = SceneReply.model_json_schema()
    fields = {*schema["properties"], *schema["$defs"]["ReplyRegion"]["properties"]}
    assert [field for field in fields if f"`{field}`" not in prompts.instructions()] == []


@pytest.mark.parametrize("example", prompts.examples("small"), ids=lambda example: example.name)
def test_a_small_example_is_a_faultless_plan_and_one_of_the_full_ones(example: prompts.Example) -> None:
    reply = SmallReply.model_validate_json(example.reply, extra="forbid").scene()
    assert faults(reply, example.prompt) == ()
    # What a model copies is known by the full examples: the small ones say the same.
    (twin,) = (SceneReply.model_validate_json(one.reply) for one in EXAMPLES if one.prompt == example.prompt)
    assert reply.background == twin.background
    assert [region.prompt for region in reply.regions] == [region.prompt for region in twin.regions]


def test_every_field_of_the_small_reply_is_explained() -> None:
    schema = SmallReply.model_json_schema()
    fields = {*schema["properties"], *schema["$defs"]["SmallRegion"]["properties"]}
    assert [field for field in fields if f"`{field}`" not in prompts.instructions("small")] == []


def test_a_repair_note_lists_the_faults() -> None:
    assert "\n- one\n- two $x\n" in prompts.repair(["one", "two $x"])


def test_a_small_context_holds_the_instructions_and_examples() -> None:
    shown = "".join(example.prompt + example.reply for example in EXAMPLES)
    assert len(prompts.instructions()) + len(shown) < 4 * 2000


DETAILED = prompts.examples("details")


@pytest.mark.parametrize("example", DETAILED, ids=lambda example: example.name)
def test_an_example_of_details_is_asked_as_any_prompt_is_and_has_something_for_each_thing(
    example: prompts.Example,
) -> None:
    prompt = example.prompt.partition("\n\n")[0]
    scene = BuiltinPlanner()(prompt).scene
    assert example.prompt == listed(prompt, scene)
    told = json.loads(example.reply)
    assert list(told) == [region.name for region in scene.regions]
    for region in scene.regions:
        assert sound(told[region.name], region, scene)
        assert LENGTHS["minLength"] <= len(told[region.name]) <= LENGTHS["maxLength"]


def test_the_table_of_what_was_tried_tells_what_is_shipped() -> None:
    table = (Path(prompts.__file__).parent / "README.md").read_text("utf-8")
    (shipped,) = (line for line in table.splitlines() if line.startswith("| **"))
    assert f"at least {LENGTHS['minLength']} letters a thing, frequency penalty {PENALTY}" in shipped
    assert all(f"| {profile} |" in table for profile in get_args(prompts.Profile))
    assert NamedPlanner("local").at(Served("m")).profile == "details"
