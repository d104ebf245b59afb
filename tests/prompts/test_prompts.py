"""The texts for language models are consistent: the planner finds nothing wrong with any worked example."""

import json
from pathlib import Path
from typing import get_args

import pytest

import prompts
from planner import arrange
from planner.account import account, left_over
from planner.llm.checks import find_emptiness, find_faults
from planner.llm.detail_filter import filter_details
from planner.llm.details_profile import LENGTHS, PENALTY, details_question
from planner.llm.reading import read
from planner.llm.reply import SceneReply, SmallReply
from planner.llm.serving import ServingPlanner
from planner.local.server import Served
from planner.reader.planner import ReaderPlanner
from planner.words import mentions

EXAMPLES = prompts.examples()
PLANS = [SceneReply.model_validate_json(example.reply) for example in EXAMPLES]

MOST_TOKENS = 5000
LETTERS_A_TOKEN = 3.5
"""What the instructions, examples and schema came to with the tokenizer of gpt-4o (o200k_base)."""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_a_faultless_plan_of_its_prompt(example: prompts.Example) -> None:
    reply = SceneReply.model_validate_json(example.reply, extra="forbid")
    scene, notes = read(reply, example.prompt)
    assert notes == ()
    assert (find_faults(reply, scene, example.prompt), find_emptiness(scene)) == ((), None)
    assert {"dropped relation", "lost"}.isdisjoint(note.kind for note in arrange(scene).notes)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_quotes_its_prompt_letter_by_letter_and_nearly_all_of_it(example: prompts.Example) -> None:
    reply = SceneReply.model_validate_json(example.reply)
    scene, _ = read(reply, example.prompt)
    for given, kept in zip(reply.regions, scene.regions, strict=True):
        assert given.quotes == kept.quotes != ()
    assert tuple(reply.quotes.model_dump().values()) == tuple(scene.quotes.model_dump().values())
    left = " ".join(left_over(account(scene)))
    assert len(left) < 0.25 * len(example.prompt)


def test_the_examples_show_every_kind_of_thing() -> None:
    regions = [region for reply in PLANS for region in reply.regions]
    assert any(1 < region.count <= 10 for region in regions)
    assert any(reply.absent for reply in PLANS)
    assert any(not reply.regions for reply in PLANS)
    assert any(not example.prompt.isascii() and "á" in example.prompt for example in EXAMPLES)
    assert {relation.predicate for reply in PLANS for relation in reply.relations} >= {"under", "behind"}
    assert any('"' in region.prompt for region in regions)
    assert max(len(reply.regions) for reply in PLANS) >= 8


def test_every_field_of_the_reply_is_explained() -> None:
    schema = SceneReply.model_json_schema()
    parts = (schema, schema["$defs"]["ReplyRegion"], schema["$defs"]["ReplyBox"], schema["$defs"]["Place"])
    fields = {field for part in parts for field in part["properties"]}
    assert [field for field in fields if f"`{field}`" not in prompts.instructions()] == []


@pytest.mark.parametrize("example", prompts.examples("small"), ids=lambda example: example.name)
def test_a_small_example_is_a_plan_of_its_prompt(example: prompts.Example) -> None:
    reply = SmallReply.model_validate_json(example.reply, extra="forbid").scene()
    scene, notes = read(reply, example.prompt)
    assert notes == ()
    assert "lost" not in {note.kind for note in arrange(scene).notes}
    assert all(mentions(example.prompt, region.name) for region in scene.regions)


def test_every_field_of_the_small_reply_is_explained() -> None:
    schema = SmallReply.model_json_schema()
    fields = {*schema["properties"], *schema["$defs"]["SmallRegion"]["properties"]}
    assert [field for field in fields if f"`{field}`" not in prompts.instructions("small")] == []


def test_a_repair_note_lists_the_faults() -> None:
    assert "\n- one\n- two $x\n" in prompts.repair(["one", "two $x"])


def test_a_request_stays_under_five_thousand_tokens() -> None:
    shown = "".join(example.prompt + example.reply for example in EXAMPLES)
    schema = json.dumps(SceneReply.model_json_schema(), separators=(",", ":"))
    assert len(prompts.instructions() + shown + schema) / LETTERS_A_TOKEN < MOST_TOKENS


def test_the_language_of_region_prompts_stands_in_the_instructions() -> None:
    assert "in English" in prompts.instructions()
    assert "in Deutsch" in prompts.instructions(language="Deutsch")
    assert "$" not in prompts.instructions()


DETAILED = prompts.examples("details")


@pytest.mark.parametrize("example", DETAILED, ids=lambda example: example.name)
def test_an_example_of_details_is_asked_as_any_prompt_is_and_has_something_for_each_thing(
    example: prompts.Example,
) -> None:
    prompt = example.prompt.partition("\n\n")[0]
    scene = ReaderPlanner()(prompt).scene
    assert example.prompt == details_question(prompt, scene)
    details = json.loads(example.reply)
    assert list(details) == [region.name for region in scene.regions]
    for region in scene.regions:
        assert filter_details(details[region.name], region, scene)
        assert LENGTHS["minLength"] <= len(details[region.name]) <= LENGTHS["maxLength"]


def test_the_table_of_what_was_tried_states_what_is_shipped() -> None:
    table = (Path(prompts.__file__).parent / "README.md").read_text("utf-8")
    (shipped,) = (line for line in table.splitlines() if line.startswith("| **"))
    assert f"at least {LENGTHS['minLength']} letters a thing, frequency penalty {PENALTY}" in shipped
    assert all(f"| {profile} |" in table for profile in get_args(prompts.Profile))
    assert ServingPlanner("local").planner_for(Served("m")).profile == "details"
