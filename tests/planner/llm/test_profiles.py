"""Which profile a model is asked for, and how it is found out by its own plan."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import PlanningError
from planner.llm import LLMPlanner
from planner.llm.reply import SmallReply
from planner.plans import Draft, Origin
from planner.scene import Box, Place, Region, Scene

if TYPE_CHECKING:
    from tests.conftest import Script

PROMPT = "a red fox asleep under an old oak"
PLACE = {"horizontal": "left", "vertical": "top", "size": "large"}
SMALL: dict[str, Any] = {
    "caption": "A fox.",
    "background": "",
    "absent": [],
    "regions": [{"name": "fox", "prompt": "a red fox", "count": 1, **PLACE}],
}
DETAILS = {"fox": "bushy tail"}


def reader(prompt: str) -> Draft:
    """Reads a fox in whatever it is given."""
    fox = Region(name="fox", prompt="a red fox")
    return Draft(scene=Scene(prompt=prompt, caption=prompt, regions=(fox,)), origin=Origin(planner="builtin"))


def blind(prompt: str) -> Draft:
    """Reads nothing."""
    return Draft(scene=Scene(prompt=prompt, caption=prompt), origin=Origin(planner="builtin"))


def full(visible: int, hidden: int = 0) -> dict[str, Any]:
    """A plan of so many regions that can be seen, and so many behind them that can't."""
    seen = {"x0": 0, "y0": 0, "x1": 500, "y1": 500}
    regions = [
        {
            "name": f"fox {i}",
            "prompt": f"fox {i}",
            "depth": 1,
            "where": {**seen, "x0": 100 * i, "x1": 100 * i + 99},
        }
        for i in range(visible)
    ]
    regions += [
        {"name": f"owl {i}", "prompt": f"owl {i}", "depth": 2, "where": {**seen, "x0": 10, "x1": 90}}
        for i in range(hidden)
    ]
    return {"caption": "A fox under an oak.", "background": "a meadow", "regions": regions}


def planner(script: "Script", profile: Any = "auto", **settings: Any) -> LLMPlanner:
    wanted: dict[str, Any] = {"reader": reader, **settings}
    return LLMPlanner("scripted", base_url=script.base_url, profile=profile, **wanted)


def asked(script: "Script") -> list[str]:
    """The profile that each request was for, by the schema's fields."""
    fields = [set(r["response_format"]["json_schema"]["schema"]["properties"]) for r in script.requests]
    return ["full" if "relations" in f else "small" if "regions" in f else "details" for f in fields]


def remembered(folder: Path) -> list[str]:
    files = [*folder.glob("profiles*.json")]
    return [profile for file in files for profile in json.loads(file.read_text()).values()]


def test_the_small_profile_asks_for_little_and_once(script: "Script") -> None:
    script.says(SMALL)
    region = planner(script, "small")(PROMPT).scene.regions[0]
    assert region.where == Place(horizontal="left", vertical="top", size="large")
    assert asked(script) == ["small"]
    assert "x0" not in json.dumps(script.requests[0])


def test_a_model_with_a_valid_plan_keeps_the_full_profile(script: "Script", tmp_path: Path) -> None:
    script.says(full(2)).says(full(1, 3))
    planner(script)(PROMPT)
    planner(script, max_repairs=0)(PROMPT)
    assert asked(script) == ["full", "full"]
    assert remembered(tmp_path) == ["full"]


def test_a_model_that_mends_its_plan_after_a_repair_keeps_the_full_profile(
    script: "Script", tmp_path: Path
) -> None:
    script.says(full(1, 3)).says(full(3))
    assert len(planner(script)(PROMPT).scene.regions) == 3
    assert asked(script) == ["full", "full"]
    assert remembered(tmp_path) == ["full"]


def test_one_fault_among_many_regions_is_no_weakness_and_the_plan_stands(
    script: "Script", tmp_path: Path
) -> None:
    script.says(full(3, 1))
    draft = planner(script)(PROMPT)
    assert [region.name for region in draft.scene.regions] == ["fox 0", "fox 1", "fox 2", "owl 0"]
    assert draft.scene.regions[3].where == Box(x0=10, y0=0, x1=90, y1=500)
    assert [note.name for note in draft.notes] == ["owl 0"]
    assert remembered(tmp_path) == ["full"]


def test_a_model_that_is_beyond_it_in_two_requests_is_asked_for_details_from_then_on(
    script: "Script", tmp_path: Path
) -> None:
    script.says(full(1, 3)).says(full(1, 3)).says(DETAILS)
    draft = planner(script)(PROMPT)
    assert draft.scene.regions[0].prompt == "a red fox, bushy tail"
    assert draft.origin.usage is not None
    assert draft.origin.usage.requests == 3
    assert remembered(tmp_path) == ["details"]
    planner(script)(PROMPT)
    assert len(script.requests) == 4


@pytest.mark.parametrize("answer", ["nonsense", ""])
def test_answers_that_are_no_plan_say_nothing_of_the_model(
    script: "Script", tmp_path: Path, answer: str
) -> None:
    lines: list[str] = []
    script.says(answer).says(answer).says(DETAILS)
    draft = planner(script, on_progress=lines.append)(PROMPT)
    assert draft.scene.regions[0].prompt == "a red fox, bushy tail"
    assert any("for details alone" in line for line in lines)
    assert remembered(tmp_path) == []


def test_one_fault_condemns_no_model_of_small_plans(script: "Script", tmp_path: Path) -> None:
    script.says(full(1, 1))
    planner(script)(PROMPT)
    assert (asked(script), remembered(tmp_path)) == (["full", "full"], ["full"])


def test_where_the_reader_finds_nothing_a_weak_model_is_asked_for_a_small_plan(script: "Script") -> None:
    script.says(full(1, 3)).says(full(1, 3)).says(SMALL)
    draft = planner(script, reader=blind)(PROMPT)
    assert [region.name for region in draft.scene.regions] == ["fox"]
    assert asked(script) == ["full", "full", "small"]


def test_what_older_programs_remembered_of_profiles_is_not_taken(script: "Script", tmp_path: Path) -> None:
    (tmp_path / "profiles.json").write_text(json.dumps({f"{script.base_url} scripted": "small"}))
    script.says(full(2))
    planner(script)(PROMPT)
    assert asked(script) == ["full"]


def test_nonsense_for_ever_ends_within_four_answers(script: "Script") -> None:
    script.says("nonsense")
    with pytest.raises(PlanningError, match="wrote no plan"):
        planner(script)(PROMPT)
    assert len(script.requests) == 4


@pytest.mark.parametrize("status", [429, 500])
def test_an_endpoint_that_fails_says_nothing_of_its_model(
    script: "Script", tmp_path: Path, status: int
) -> None:
    script.fails(status, "later")
    with pytest.raises(PlanningError):
        planner(script, max_retries=0)(PROMPT)
    assert len(script.requests) == 1
    assert remembered(tmp_path) == []


def test_a_refusal_is_no_weakness(script: "Script", tmp_path: Path) -> None:
    script.declines("No.")
    with pytest.raises(PlanningError, match="declines"):
        planner(script)(PROMPT)
    assert len(script.requests) == 2
    assert remembered(tmp_path) == []


def test_what_small_leaves_out_is_read_as_the_usual() -> None:
    reply = SmallReply.model_validate({"regions": [{"name": "fox", "size": "huge"}]}).scene()
    assert reply.regions[0].where == Place(horizontal="center", vertical="middle", size="medium")
