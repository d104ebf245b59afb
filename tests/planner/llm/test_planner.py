"""The whole planner against a scripted endpoint: modes, rounds and what comes of them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import PlanningError, UserError
from planner.llm import LLMPlanner
from planner.llm.usage import UNTOLD
from planner.plans import Draft, Origin
from planner.scene import Box, Place, Scene

if TYPE_CHECKING:
    from tests.conftest import Script

PROMPT = "a red fox sleeping under an oak tree"


def region(name: str, prompt: str, **fields: Any) -> dict[str, Any]:
    where = {"horizontal": "center", "vertical": "middle", "size": "medium"}
    return {"name": name, "prompt": prompt, "count": 1, "depth": 0, "where": where, **fields}


def reply(*regions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    given = regions or (region("fox", "a red fox asleep"), region("oak tree", "an old oak tree"))
    texts = {"caption": "A fox under an oak.", "background": "a meadow", "style": ""}
    return {**texts, "absent": [], "regions": list(given), "relations": [], **fields}


def planner(script: "Script", **settings: Any) -> LLMPlanner:
    return LLMPlanner("scripted", base_url=script.base_url, **settings)


def test_a_good_reply_becomes_a_scene_in_one_request(script: "Script") -> None:
    script.says(reply(relations=[{"subject": "Fox", "predicate": "under", "object": "oak tree"}]))
    draft = planner(script, seed=7)(PROMPT)
    assert [r.name for r in draft.scene.regions] == ["fox", "oak tree"]
    assert draft.scene.relations[0].subject == "fox"
    assert draft.scene.prompt == PROMPT
    assert draft.notes == ()
    assert draft.origin == Origin(
        planner="llm", model="scripted", mode="json_schema strict", seed=7, usage=UNTOLD
    )
    assert len(script.requests) == 1


def test_the_question_carries_instructions_examples_prompt_and_options(script: "Script") -> None:
    script.says(reply())
    planner(script, examples=2, seed=3)(PROMPT)
    request = script.requests[0]
    roles = [turn["role"] for turn in request["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert request["messages"][-1]["content"] == PROMPT
    assert (request["temperature"], request["seed"], request["model"]) == (0, 3, "scripted")


@pytest.mark.parametrize(
    ("lacks", "mode", "asked"),
    [
        (set[str](), "json_schema strict", 1),
        ({"json_schema strict"}, "json_schema", 2),
        ({"json_schema strict", "json_schema"}, "tools", 3),
        ({"json_schema strict", "json_schema", "tools"}, "json", 4),
    ],
)
def test_the_strongest_mode_that_the_endpoint_takes_is_found_once_and_remembered(
    script: "Script", tmp_path: Path, lacks: set[str], mode: str, asked: int
) -> None:
    script.lacks = lacks
    script.says(reply())
    assert planner(script)(PROMPT).origin.mode == mode
    assert len(script.requests) == asked
    assert planner(script)(PROMPT).origin.mode == mode
    assert script.modes[asked:] == [mode]
    assert list(json.loads((tmp_path / "modes.json").read_text()).values()) == [mode]


def test_a_mode_remembered_in_the_file_is_tried_first_and_the_others_after_it(
    script: "Script", tmp_path: Path
) -> None:
    (tmp_path / "modes.json").write_text(json.dumps({f"{script.base_url} scripted": "tools"}))
    script.lacks = {"tools"}
    script.says(reply())
    planner(script)(PROMPT)
    assert script.modes == ["tools", "json_schema strict"]


def test_a_broken_memory_is_no_error(script: "Script", tmp_path: Path) -> None:
    (tmp_path / "modes.json").write_text("{")
    script.says(reply())
    assert planner(script)(PROMPT).origin.mode == "json_schema strict"


def test_faults_go_back_in_words_and_the_mended_reply_is_taken(script: "Script") -> None:
    script.says(reply(region("fox", "a red fox"), region("fox", "another fox"))).says(reply())
    draft = planner(script)(PROMPT)
    *_, wrong, note = script.requests[1]["messages"]
    assert wrong["role"] == "assistant"
    assert "2 regions are named 'fox'" in note["content"]
    assert draft.notes == ()
    assert len(draft.origin.repairs) == 1
    assert [r.name for r in draft.scene.regions] == ["fox", "oak tree"]


def test_a_model_that_gets_no_better_is_not_asked_again_and_code_repairs(script: "Script") -> None:
    script.says(reply(region("fox", "a red fox"), region("fox", "another fox")))
    draft = planner(script, max_repairs=5)(PROMPT)
    assert len(script.requests) == 2
    assert [r.name for r in draft.scene.regions] == ["fox", "fox (2)"]
    assert [note.kind for note in draft.notes] == ["repaired"]


def test_no_more_rounds_than_allowed(script: "Script") -> None:
    script.says(reply(region("fox", "a red fox"), region("fox", "another fox")))
    planner(script, max_repairs=0)(PROMPT)
    assert len(script.requests) == 1


def test_a_reply_in_hand_is_kept_where_the_endpoint_fails_at_its_repair(script: "Script") -> None:
    script.says(reply(region("fox", "a red fox"), region("fox", "another fox"))).fails(500, "gone")
    draft = planner(script, max_retries=0)(PROMPT)
    assert [r.name for r in draft.scene.regions] == ["fox", "fox (2)"]


def test_boxes_and_places_reach_the_scene(script: "Script") -> None:
    box = {"x0": 600, "y0": 900, "x1": 100, "y1": 1200}
    script.says(reply(region("fox", "a red fox", where=box), region("oak tree", "an old oak tree")))
    fox, oak = planner(script, max_repairs=0)(PROMPT).scene.regions
    assert fox.where == Box(x0=100, y0=900, x1=600, y1=1000)
    assert oak.where == Place(horizontal="center", vertical="middle", size="medium")


def test_prose_then_a_plan_is_told_that_it_is_no_object(script: "Script") -> None:
    script.says("Of course! Here is your plan.").says(reply())
    assert planner(script)(PROMPT).scene.regions
    assert "not one JSON object" in script.requests[1]["messages"][-1]["content"]


def test_a_mode_in_which_nothing_can_be_read_is_left_but_not_forgotten(
    script: "Script", tmp_path: Path
) -> None:
    script.says("no").says("no").says("no").says(reply())
    assert planner(script)(PROMPT).origin.mode == "json_schema"
    assert script.modes == ["json_schema strict"] * 3 + ["json_schema"]
    assert not (tmp_path / "modes.json").exists()


def test_the_key_is_sent_and_an_endpoint_of_ones_own_needs_none(script: "Script") -> None:
    script.says(reply())
    planner(script)(PROMPT)
    planner(script, api_key="sk-secret")(PROMPT)
    assert script.keys == ["Bearer none", "Bearer sk-secret"]
    assert "sk-secret" not in repr(planner(script, api_key="sk-secret"))


def test_an_option_that_the_endpoint_refuses_is_left_out(script: "Script") -> None:
    script.fails(400, "Unsupported value: 'temperature' does not support 0", param="temperature").says(
        reply()
    )
    assert planner(script)(PROMPT).origin.mode == "json_schema strict"
    assert "temperature" in script.requests[0]
    assert "temperature" not in script.requests[1]


def test_fewer_examples_are_shown_where_the_context_is_too_small(script: "Script") -> None:
    too_long = "the request exceeds the available context size"
    script.fails(400, too_long).fails(400, too_long).says(reply())
    planner(script, examples=3)(PROMPT)
    assert [len(request["messages"]) for request in script.requests] == [8, 4, 2]


def test_the_fallback_plans_where_the_model_cannot_and_says_so(script: "Script") -> None:
    def other(prompt: str) -> Draft:
        return Draft(scene=Scene(prompt=prompt, caption=prompt), origin=Origin(planner="builtin"))

    script.says("nonsense")
    draft = planner(script, fallback=other)(PROMPT)
    assert draft.origin.planner == "builtin"
    assert draft.notes[0].kind == "warning"
    assert "wrote no plan" in draft.notes[0].text


def test_an_empty_prompt_is_the_users_to_mend(script: "Script") -> None:
    with pytest.raises(UserError, match="empty"):
        planner(script)("  \n")
    assert script.requests == []


def test_a_model_that_answers_nonsense_every_time_is_one_clear_line(script: "Script") -> None:
    script.says("Blue.\nGreen.")
    with pytest.raises(PlanningError) as caught:
        planner(script)(PROMPT)
    line = str(caught.value)
    assert line == (
        "scripted wrote no plan (The reply is not one JSON object: write the object and nothing else), "
        "asked 6 times; it wrote: Blue. Green."
    )
    assert len(script.requests) == 6
