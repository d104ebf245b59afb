"""The details profile: the built-in planner plans, the model adds looks, and the user's words stay."""

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.llm import LLMPlanner
from planner.llm.detail_filter import MAX_DETAILS, filter_details
from planner.llm.details_profile import PENALTY, add_details, details_form, details_question
from planner.llm.serving import ServingPlanner
from planner.local.server import Served
from planner.reader.planner import ReaderPlanner
from planner.scene import Region, Scene

if TYPE_CHECKING:
    from tests.conftest import Script

PROMPT = "a red fox asleep under an oak tree, without any birds"
SCENE = ReaderPlanner()(PROMPT).scene
FOX = next(region for region in SCENE.regions if region.name == "fox")
TREE = next(region for region in SCENE.regions if region.name.endswith("tree"))
DETAILS = {"fox": "bushy tail, white paws, an oak branch", TREE.name: "gnarled trunk, thick roots"}


def planner(script: "Script", **settings: Any) -> LLMPlanner:
    wanted: dict[str, Any] = {"profile": "details", **settings}
    return LLMPlanner("scripted", base_url=script.base_url, **wanted)


def test_the_plan_is_the_built_in_planners_with_details(script: "Script") -> None:
    draft = planner(script.says(DETAILS), reader=ReaderPlanner())(PROMPT)
    own = ReaderPlanner()(PROMPT)
    assert [region.prompt for region in draft.scene.regions] == [
        f"{FOX.prompt}, bushy tail, white paws",
        f"{TREE.prompt}, gnarled trunk, thick roots",
    ]
    bare = draft.scene.model_copy(update={"regions": own.scene.regions})
    assert (bare, draft.notes) == (own.scene, own.notes)
    assert (draft.origin.planner, draft.origin.model) == ("llm", "scripted")


def test_the_question_names_every_thing_and_the_schema_has_a_field_for_each(script: "Script") -> None:
    planner(script.says(DETAILS))(PROMPT)
    (request,) = script.requests
    assert (
        request["messages"][-1]["content"]
        == details_question(PROMPT, SCENE)
        == f"{PROMPT}\n\n- fox\n- {TREE.name}"
    )
    schema = request["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == schema["required"] == ["fox", TREE.name]
    assert schema["additionalProperties"] is False
    assert request["frequency_penalty"] == PENALTY


def test_a_reply_comes_back_from_the_cache(script: "Script") -> None:
    script.says(DETAILS)
    one, two = (planner(script, cache=True)(PROMPT) for _ in range(2))
    assert one.scene == two.scene
    assert two.origin.usage is not None
    assert (len(script.requests), two.origin.usage.cached) == (1, 1)


def test_where_there_is_nothing_to_detail_nothing_is_asked(script: "Script") -> None:
    draft = planner(script)("fog at dawn")
    assert (draft.scene.regions, script.requests, draft.origin.planner) == ((), [], "llm")


def test_things_that_a_reply_leaves_out_stay_as_they_are(script: "Script") -> None:
    draft = planner(script.says({TREE.name: "thick roots", "bear": "brown fur"}))(PROMPT)
    assert [region.prompt for region in draft.scene.regions] == [FOX.prompt, f"{TREE.prompt}, thick roots"]


@pytest.mark.parametrize(
    ("llm", "profile", "asked"),
    [
        ("local", "auto", "details"),
        ("local", "full", "full"),
        ("local", "small", "small"),
        ("local:other.gguf", "auto", "auto"),
        ("gpt-4.1", "auto", "auto"),
    ],
)
def test_the_model_that_is_fetched_is_asked_for_details(llm: str, profile: Any, asked: str) -> None:
    assert ServingPlanner(llm, profile=profile).planner_for(Served("m")).profile == asked


@pytest.mark.parametrize(
    ("thing", "written", "kept"),
    [
        ("fox", "bushy tail, white paws", ("bushy tail", "white paws")),
        ("fox", "blue, dark red, green fur", ("dark red", "green fur")),
        ("fox", "an oak leg, two tails, a bird's tail, a mountain", ()),
        ("fox", "black tail with birds, sharp claws", ("black tail", "sharp claws")),
        ("fox", "a dog, a large dog on a table, awake", ()),
        ("fox", "bushy tail. bushy tail, tail", ("bushy tail",)),
        ("fox", "long tail on the left, no ears", ("long tail",)),
        (
            "oak tree",
            "a tall oak tree with rough bark",
            ("tall", "rough bark"),
        ),
        ("oak tree", "red leaves, smooth bark, bench", ("smooth bark",)),
        ("oak tree", "two roots, fox", ()),
        ("oak tree", "tall, short", ("tall",)),
        ("oak tree", "", ()),
        ("oak tree", ", ; . - '", ()),
    ],
)
def test_details_that_the_prompt_contradicts_are_left_out(
    thing: str, written: str, kept: tuple[str, ...]
) -> None:
    region = FOX if thing == "fox" else TREE
    assert filter_details(written, region, SCENE) == kept


VOCABULARY = """
red blue white old young tail paws bark fox oak tree bird dog two with a of on the , . ; - ' it's small long
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=40).map(" ".join)


@given(WORDS, WORDS)
def test_whatever_is_written_the_users_words_stand_and_no_others_words_come_in(one: str, two: str) -> None:
    reply = details_form(("fox", TREE.name)).model_validate({"fox": one, TREE.name: two})
    fox, tree = add_details(SCENE, reply).regions
    assert fox.prompt.startswith(FOX.prompt)
    assert tree.prompt.startswith(TREE.prompt)
    added = fox.prompt.removeprefix(FOX.prompt), tree.prompt.removeprefix(TREE.prompt)
    assert not {"oak", "tree", "bird", "two"}.intersection(added[0].replace(",", "").split())
    assert not {"fox", "bird", "two", "red"}.intersection(added[1].replace(",", "").split())
    assert all(text.count(",") <= MAX_DETAILS for text in added)


@pytest.mark.parametrize("names", [("a",), ("model config", "schema"), ("scene", "x (2)", "dump")])
def test_any_name_may_be_a_field(names: tuple[str, ...]) -> None:
    form = details_form(names)
    reply = form.model_validate({name: f"{name}!" for name in names})
    assert reply.model_dump() == {name: f"{name}!" for name in names}
    assert form.model_validate_json(reply.model_dump_json()) == reply


def test_a_region_alone_takes_details_too() -> None:
    scene = Scene(caption="x", regions=(Region(name="lamp", prompt="a lamp"),))
    assert filter_details("brass base, tall", scene.regions[0], scene) == ("brass base", "tall")
