"""The whole planner against a scripted endpoint: modes, rounds and what comes of them."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import UserError
from planner.llm import LLMPlanner
from planner.llm.planner import LLMError
from planner.plans import Draft, Origin, Usage
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
        planner="llm",
        model="scripted",
        mode="json_schema strict",
        seed=7,
        usage=Usage(prompt=None, completion=None, requests=1),
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


def test_faults_go_back_in_words_and_the_mended_reply_is_taken(script: "Script") -> None:
    script.says(reply(region("fox", "a red fox"), region("fox", "another fox"))).says(reply())
    draft = planner(script)(PROMPT)
    *_, wrong, note = script.requests[1]["messages"]
    assert wrong["role"] == "assistant"
    assert "2 regions are named 'fox'" in note["content"]
    assert draft.notes == ()
    assert len(draft.origin.repairs) == 1
    assert [r.name for r in draft.scene.regions] == ["fox", "oak tree"]


def test_faults_are_sent_back_twice_at_most_and_the_plan_stands(script: "Script") -> None:
    script.says(reply(region("fox", "a red fox"), region("fox", "another fox")))
    draft = planner(script)(PROMPT)
    assert len(script.requests) == 3
    assert [r.name for r in draft.scene.regions] == ["fox", "fox (2)"]
    assert [note.kind for note in draft.notes] == ["repaired", "warning"]


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


def test_the_reply_with_the_fewest_faults_is_taken_and_of_equals_the_later(script: "Script") -> None:
    twice = [region("fox", "a red fox"), region("fox", "another fox")]
    thrice = [*twice, region("oak", "an oak"), region("oak", "an old oak")]
    script.says(reply(*thrice)).says(reply(*twice, caption="One.")).says(reply(*twice, caption="Two."))
    assert planner(script)(PROMPT).scene.caption == "Two."
    script.lines.clear()
    script.says(reply(*twice, caption="One.")).says(reply(*thrice)).says(reply(*thrice))
    assert planner(script)(PROMPT).scene.caption == "One."


@pytest.mark.parametrize("later", [[region("fox", "a red fox")], []])
def test_a_reply_that_loses_regions_which_nobody_complained_of_does_not_win(
    script: "Script", later: list[dict[str, Any]]
) -> None:
    many = [region(f"thing {i}", f"thing {i}") for i in range(6)]
    twice = [*many, region("thing 0", "thing 0 again")]
    script.says(reply(*twice)).says({**reply(), "regions": later}).says({**reply(), "regions": later})
    draft = planner(script)(PROMPT)
    assert len(draft.scene.regions) == 7
    assert "thing 0 (2)" in {r.name for r in draft.scene.regions}


def test_a_fault_of_access_at_a_repair_keeps_the_plan_in_hand(script: "Script") -> None:
    script.says(reply(region("fox", "a red fox"), region("fox", "another fox"))).fails(403, "no more today")
    assert len(planner(script)(PROMPT).scene.regions) == 2


def test_half_a_letter_in_a_reply_is_replaced(script: "Script") -> None:
    script.says('{"caption": "x", "regions": [{"name": "fox \\ud83d", "prompt": "a fox \\ud83e\\udd8a"}]}')
    (fox,) = planner(script)("a fox").scene.regions
    assert (fox.name, fox.prompt) == ("fox \ufffd", "a fox \U0001f98a")
    script.lines.clear()
    script.says("no plan \ud83d").says(reply())
    assert planner(script)(PROMPT).scene.regions


def test_after_a_reply_without_an_object_the_form_stands_in_words(script: "Script") -> None:
    script.says("Of course! Here is your plan.").says(reply())
    draft = planner(script)(PROMPT)
    assert (len(script.requests), draft.origin.mode) == (2, "text")
    assert "response_format" not in script.requests[1]
    assert '"regions"' in json.dumps(script.requests[1]["messages"]).replace("\\", "")
    assert "JSON object" in script.requests[1]["messages"][-1]["content"]


def test_an_empty_list_is_asked_about_where_the_prompt_names_things_and_then_stands(
    script: "Script",
) -> None:
    empty = {"caption": "A fox.", "background": "a meadow", "regions": []}
    script.says(empty)
    draft = planner(script)("A fox in a meadow")
    assert (draft.scene.regions, draft.notes, len(script.requests)) == ((), (), 2)
    assert "A fox in" in script.requests[1]["messages"][-1]["content"]


@pytest.mark.parametrize("nothing", [{"caption": "A fox."}, {"caption": "A fox.", "regions": [{"count": 2}]}])
def test_a_reply_without_a_region_that_can_be_read_is_asked_for_again(
    script: "Script", nothing: dict[str, Any]
) -> None:
    script.says(nothing).says(reply())
    assert [r.name for r in planner(script)(PROMPT).scene.regions] == ["fox", "oak tree"]
    assert "no region with a name and a prompt" in script.requests[1]["messages"][-1]["content"]


def test_what_the_english_parser_would_say_changes_nothing(script: "Script") -> None:
    prompt = "Three knights on the left; a cloak blows to the right. No horses."
    knight = region("knight", "ein Ritter", where={"x0": 600, "y0": 100, "x1": 900, "y1": 900})
    script.says(reply(knight, absent=["sky"]))
    draft = planner(script)(prompt)
    assert len(script.requests) == 1
    assert [(r.name, r.prompt, r.count) for r in draft.scene.regions] == [("knight", "ein Ritter", 1)]
    assert (draft.scene.absent, draft.notes) == (("sky",), ())


@pytest.mark.parametrize("cached", [False, True])
def test_the_language_of_region_prompts_is_in_the_instructions(script: "Script", cached: bool) -> None:
    script.says(reply())
    for language in ("English", "Deutsch", "Deutsch"):
        planner(script, language=language, cache=cached)(PROMPT)
    in_german = ["Deutsch" in request["messages"][0]["content"] for request in script.requests]
    assert in_german == ([False, True] if cached else [False, True, True])


def test_a_line_of_progress_precedes_each_wait(script: "Script") -> None:
    lines: list[str] = []
    script.says(reply())
    planner(script, timeout=77, on_progress=lines.append, cache=True)(PROMPT)
    planner(script, timeout=77, on_progress=lines.append, cache=True)(PROMPT)
    (line,) = lines
    assert "scripted" in line
    assert "77 s" in line


@pytest.mark.parametrize(
    ("says", "reason"),
    [("Blue.\nGreen.", "wrote no plan"), ("", "gives empty replies"), (None, "declines")],
)
def test_a_model_that_never_plans_is_one_clear_line_and_few_requests(
    script: "Script", says: str | None, reason: str
) -> None:
    script.declines("I can't.") if says is None else script.says(says)
    with pytest.raises(LLMError, match=reason) as caught:
        planner(script)(PROMPT)
    assert "\n" not in str(caught.value)
    assert len(script.requests) == (3 if says else 2)
    assert caught.value.usage is not None
    assert caught.value.usage.requests == len(script.requests)
