"""A reply is held against what another planner read in the same prompt."""

from typing import TYPE_CHECKING, Any

import pytest

from planner.llm import LLMPlanner
from planner.llm.mend import mend
from planner.llm.pairing import pairs
from planner.llm.reference import differences
from planner.llm.reply import SceneReply
from planner.plans import Draft, Origin
from planner.scene import Place, Region, Relation, Scene

if TYPE_CHECKING:
    from tests.conftest import Script

PROMPT = "on the left three red foxes, under an oak tree, no dogs"
READING = Scene(
    prompt=PROMPT,
    caption=PROMPT,
    background="meadow",
    absent=("dogs",),
    regions=(
        Region(
            name="fox",
            prompt="a red fox",
            count=3,
            where=Place(horizontal="left", vertical="middle", size="medium"),
        ),
        Region(name="oak tree", prompt="an oak tree"),
    ),
    relations=(Relation(subject="fox", predicate="under", object="oak tree"),),
)
MIDDLE = {"horizontal": "center", "vertical": "middle", "size": "medium"}
RIGHT = {**MIDDLE, "horizontal": "right"}


def reply(*regions: tuple[str, str, dict[str, Any]], **fields: Any) -> SceneReply:
    return SceneReply.model_validate(
        {
            "caption": "A picture.",
            "regions": [
                {"name": name, "prompt": prompt, "where": MIDDLE, **more} for name, prompt, more in regions
            ],
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("fox", "tree"), (0, 1)),
        (("old oak", "red foxes"), (1, None)),
        (("plant", "fox"), (1, 0)),
        (("oak tree", "tree", "fox"), (2, 0)),
        ((), (None, None)),
    ],
)
def test_pairs(names: tuple[str, ...], expected: tuple[int | None, ...]) -> None:
    prompts = {"plant": "a gnarled tree", "old oak": "brown bark"}
    regions = reply(*((name, prompts.get(name, f"a {name}"), {}) for name in names)).regions
    assert tuple(pair.region for pair in pairs(regions, READING)) == expected


FOXES = ("fox", "a sly red fox", {"count": 3})
OAK = ("oak tree", "a gnarled oak tree", {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (reply(FOXES, OAK), ()),
        (reply(FOXES), ("the prompt names 'oak tree', which no region draws: add 'an oak tree'",)),
        (reply(FOXES, background="oak trees"), ()),
        (
            reply(("fox", "a red fox", {}), OAK),
            ("the prompt asks for 3 of 'fox': set the count of region 'fox'",),
        ),
        (
            reply(("fox", "a sly one", {"count": 3}), OAK),
            ("the prompt of region 'fox' doesn't say 'fox': describe 'a red fox'",),
        ),
        (reply(("fox a", "a fox", {}), ("fox b", "a fox", {}), OAK), ()),
        (
            reply(("fox", "a red fox", {"count": 3, "where": RIGHT}), OAK),
            ("the prompt puts 'fox' at the left: move region 'fox' there",),
        ),
        (
            reply(("fox", "a fox", {"count": 3, "where": {"x0": 500, "y0": 0, "x1": 900, "y1": 900}}), OAK),
            ("the prompt puts 'fox' at the left: move region 'fox' there",),
        ),
        (reply(("fox", "a fox", {"count": 3, "where": {"x0": 0, "y0": 0, "x1": 400, "y1": 900}}), OAK), ()),
    ],
)
def test_differences(given: SceneReply, said: tuple[str, ...]) -> None:
    assert differences(given, READING) == said


def test_what_the_prompt_states_stands_in_the_models_words() -> None:
    mended = mend(reply(("fox", "a sly red fox", {"where": RIGHT}), OAK), PROMPT, READING)
    fox, oak = mended.scene.regions
    assert (fox.prompt, fox.count, fox.where) == ("a sly red fox", 3, READING.regions[0].where)
    assert oak.prompt == "a gnarled oak tree"
    assert mended.scene.relations == READING.relations
    assert (mended.scene.absent, mended.scene.background) == (("dogs",), "meadow")
    assert [(note.kind, note.name) for note in mended.notes] == [("repaired", "fox")]


def test_a_phrase_without_its_noun_is_the_prompts() -> None:
    mended = mend(reply(("fox", "a sly one", {"count": 3}), OAK), PROMPT, READING)
    assert mended.scene.regions[0].prompt == "a red fox"


def test_where_most_is_left_out_it_is_added_and_what_is_strange_goes() -> None:
    house, den = ("house", "a grey house", {}), ("den", "a red den", {})
    mended = mend(reply(house, den), PROMPT, READING)
    assert [region.name for region in mended.scene.regions] == ["den", "fox", "oak tree"]
    assert [note.name for note in mended.notes] == ["house", "fox", "oak tree"]
    assert mended.scene.relations == READING.relations
    assert len(mend(reply(house, FOXES, OAK), PROMPT, READING).scene.regions) == 3


def test_a_single_thing_left_out_of_many_is_left_out() -> None:
    more = READING.model_copy(update={"regions": (*READING.regions, Region(name="gate", prompt="a gate"))})
    assert len(mend(reply(FOXES, OAK), PROMPT, more).scene.regions) == 2


def test_what_the_model_says_of_two_regions_or_its_boxes_deny_is_not_overruled() -> None:
    said = [{"subject": "fox", "predicate": "behind", "object": "oak tree"}]
    assert mend(reply(FOXES, OAK, relations=said), PROMPT, READING).scene.relations[0].predicate == "behind"
    high, low = ({"x0": 0, "y0": y, "x1": 300, "y1": y + 200} for y in (0, 700))
    boxed = reply(("fox", "a fox", {"count": 3, "where": high}), ("oak tree", "a tree", {"where": low}))
    assert mend(boxed, PROMPT, READING).scene.relations == ()


def test_the_planner_tells_the_model_and_mends_by_the_reference(script: "Script") -> None:
    def read(prompt: str) -> Draft:
        return Draft(scene=READING.model_copy(update={"prompt": prompt}), origin=Origin(planner="builtin"))

    script.says(reply(("fox", "a sly red fox", {})).model_dump_json())
    draft = LLMPlanner("scripted", base_url=script.base_url, reference=read)(PROMPT)
    assert "asks for 3 of 'fox'" in script.requests[1]["messages"][-1]["content"]
    assert [(region.name, region.count) for region in draft.scene.regions] == [("fox", 3), ("oak tree", 1)]
    assert draft.origin.planner == "llm"
