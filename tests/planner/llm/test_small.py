"""The small profile: what is asked for, and how it is found out that it suits a model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import PlanningError
from planner.llm import LLMPlanner
from planner.llm.bounds import reply_model
from planner.llm.reply import SceneReply
from planner.llm.small import SmallReply, beyond
from planner.scene import Place

if TYPE_CHECKING:
    from tests.conftest import Script

PLACE = {"horizontal": "left", "vertical": "top", "size": "large"}
FOX = {"name": "fox", "prompt": "a red fox", "count": 1}
SMALL: dict[str, Any] = {"caption": "A fox.", "background": "", "absent": [], "regions": [{**FOX, **PLACE}]}
NOWHERE = {"x0": 0, "y0": 0, "x1": 0, "y1": 0}


def full(*places: object) -> dict[str, Any]:
    regions = [{**FOX, "name": f"fox {i}", "prompt": f"fox {i}", "where": w} for i, w in enumerate(places)]
    return {"caption": "A fox.", "regions": regions}


def planner(script: "Script", profile: Any) -> LLMPlanner:
    return LLMPlanner("scripted", base_url=script.base_url, profile=profile)


def fields(request: dict[str, Any]) -> set[str]:
    schema = request["response_format"]["json_schema"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])
    return set(schema["properties"])


def test_the_small_profile_asks_for_little_and_once(script: "Script") -> None:
    script.says(SMALL)
    region = planner(script, "small")("a red fox on a hill").scene.regions[0]
    assert region.where == Place(horizontal="left", vertical="top", size="large")
    (request,) = script.requests
    assert fields(request) == {"caption", "background", "absent", "regions"}
    assert "relations" not in json.dumps(request["messages"])
    assert "x0" not in json.dumps(request)


def test_the_schema_is_small_and_bounded() -> None:
    small, large = (len(json.dumps(reply_model(4, name).model_json_schema())) for name in ("small", "full"))
    assert small < 0.6 * large
    assert reply_model(4, "small").model_json_schema()["properties"]["regions"]["maxItems"] == 4


@pytest.mark.parametrize(
    ("places", "lost"),
    [
        ([], True),
        ([NOWHERE], True),
        ([None, NOWHERE, PLACE], True),
        ([PLACE], False),
        ([NOWHERE, PLACE], False),
    ],
)
def test_a_model_is_beyond_the_full_form_where_most_places_are_none(places: list[Any], lost: bool) -> None:
    assert beyond(SceneReply.model_validate(full(*places))) == lost


def test_a_model_that_boxes_badly_is_asked_for_places_in_words_from_then_on(
    script: "Script", tmp_path: Path
) -> None:
    script.says(full(NOWHERE, NOWHERE)).says(SMALL)
    draft = planner(script, "auto")("a red fox")
    assert draft.scene.regions[0].where == Place(horizontal="left", vertical="top", size="large")
    assert draft.origin.usage is not None
    assert draft.origin.usage.requests == 2
    planner(script, "auto")("a red fox")
    assert ["relations" in fields(request) for request in script.requests] == [True, False, False]
    assert list(json.loads((tmp_path / "profiles.json").read_text()).values()) == ["small"]


def test_a_model_that_boxes_well_keeps_the_full_profile(script: "Script", tmp_path: Path) -> None:
    script.says(full(PLACE)).says(full(NOWHERE))
    planner(script, "auto")("a red fox")
    planner(script, "auto")("a red fox")
    assert all("relations" in fields(request) for request in script.requests)
    assert list(json.loads((tmp_path / "profiles.json").read_text()).values()) == ["full"]


def test_a_model_that_writes_no_plan_is_tried_with_less(script: "Script") -> None:
    for _ in range(6):
        script.says("nonsense")
    script.says(SMALL)
    assert planner(script, "auto")("a red fox").scene.regions[0].name == "fox"
    assert len(script.requests) == 7


def test_nonsense_for_ever_ends(script: "Script", tmp_path: Path) -> None:
    script.says("nonsense")
    with pytest.raises(PlanningError, match="wrote no plan"):
        planner(script, "auto")("a red fox")
    assert len(script.requests) == 10
    assert not (tmp_path / "profiles.json").exists()


@pytest.mark.parametrize("status", [429, 500])
def test_an_endpoint_that_fails_says_nothing_of_its_model(script: "Script", status: int) -> None:
    script.fails(status, "later")
    with pytest.raises(PlanningError):
        LLMPlanner("scripted", base_url=script.base_url, profile="auto", max_retries=0)("a red fox")
    assert len(script.requests) == 1


def test_a_refusal_is_no_weakness(script: "Script") -> None:
    script.declines("No.")
    with pytest.raises(PlanningError, match="declines"):
        planner(script, "auto")("a red fox")
    assert len(script.requests) == 6


def test_what_small_leaves_out_is_read_as_the_usual() -> None:
    reply = SmallReply.model_validate({"regions": [{"name": "fox", "prompt": "a fox"}]}).scene()
    assert reply.regions[0].where == Place(horizontal="center", vertical="middle", size="medium")
