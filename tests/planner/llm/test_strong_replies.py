"""Plans of a strong model for long prompts in several languages stand as they are.

Each file has a prompt, and what a language model of the largest kind answered to it at its first attempt;
some by older instructions, without quotes.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.account import WHOLE, account
from planner.llm import LLMPlanner
from planner.llm.checks import find_faults
from planner.llm.reading import read
from planner.llm.reply import SceneReply
from planner.plans import Size
from planner.scene import Box
from renderer.pipeline import make_plan

if TYPE_CHECKING:
    from tests.conftest import Script

FILES = sorted(Path(__file__).with_name("replies").glob("*.json"))
SIZES = [Size(width=1024, height=1024), Size(width=1536, height=640)]


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def given(request: pytest.FixtureRequest) -> dict[str, Any]:
    return json.loads(request.param.read_text("utf-8"))


def found(given: dict[str, Any]) -> list[str]:
    """The sentences on the faults of the reply."""
    reply = SceneReply.model_validate(given["reply"])
    return [fault.text for fault in find_faults(reply, read(reply, given["prompt"])[0], given["prompt"])]


def test_it_takes_one_request_where_its_geometry_is_sound_and_stands_in_any_case(
    script: "Script", given: dict[str, Any]
) -> None:
    script.says(given["reply"])
    draft = LLMPlanner("scripted", base_url=script.base_url)(given["prompt"])
    wrong = found(given)
    assert len(script.requests) == (3 if wrong else 1)
    assert sum(note.kind == "warning" for note in draft.notes) == len(wrong)
    written = given["reply"]["regions"]
    assert [(r.name, r.prompt, r.count, r.depth) for r in draft.scene.regions] == [
        (r["name"], r["prompt"], r["count"], r["depth"]) for r in written
    ]
    assert [r.where for r in draft.scene.regions] == [Box(**r["where"]) for r in written]
    assert list(draft.scene.absent) == given["reply"]["absent"]
    assert len(draft.scene.relations) == len(given["reply"]["relations"])


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")
def test_its_boxes_stay_and_a_relation_is_kept_or_is_a_fault(
    script: "Script", given: dict[str, Any], size: Size
) -> None:
    script.says(given["reply"])
    plan = make_plan(given["prompt"], LLMPlanner("scripted", base_url=script.base_url, max_repairs=0), size)
    boxes = {region.name: region.where for region in plan.scene.regions}
    for region in given["reply"]["regions"]:
        if region["count"] == 1:
            assert boxes[region["name"]] == Box(**region["where"])
    faults = " ".join(found(given))
    dropped = [note.name for note in plan.notes if note.kind == "dropped relation"]
    for relation in given["reply"]["relations"]:
        if any(f" {relation['predicate']} " in name and relation["subject"] in name for name in dropped):
            assert f"{relation['subject']!r} {relation['predicate']} {relation['object']!r}" in faults


def test_every_word_of_its_prompt_is_accounted_for_and_most_have_an_owner(given: dict[str, Any]) -> None:
    scene, _ = read(SceneReply.model_validate(given["reply"]), given["prompt"])
    spans = account(scene)
    assert "".join(span.text for span in spans) == given["prompt"]
    owned = sum(len(span.text) for span in spans if span.owners != WHOLE)
    quoted = any(region.quotes for region in scene.regions)
    assert owned > (0.7 if quoted else 0.45) * len(given["prompt"])
    named = {owner for span in spans for owner in span.owners}
    assert named >= {region.name for region in scene.regions if region.quotes}


def test_without_a_single_quote_it_is_planned_the_same(given: dict[str, Any]) -> None:
    bare = json.loads(json.dumps(given["reply"]))
    bare.pop("quotes", None)
    for region in bare["regions"]:
        region.pop("quotes", None)
    assert found({**given, "reply": bare}) == found(given)
