"""What a planner adds to the user's words, counted; and what of it speaks against the prompt, found."""

import json
from pathlib import Path

import pytest

from evals.planning.enrichment import enrichment, main
from planner.builtin import BuiltinPlanner
from planner.scene import Scene

PROMPT = "two red foxes beside a wooden bench, without any birds"
READ = BuiltinPlanner()(PROMPT).scene


def scene(**prompts: str) -> Scene:
    regions = [r.model_copy(update={"prompt": prompts.get(r.name, r.prompt)}) for r in READ.regions]
    return READ.model_copy(update={"regions": tuple(regions)})


def test_the_users_own_words_gain_and_contradict_nothing() -> None:
    found = enrichment(PROMPT, READ)
    assert [(region.gained, region.against) for region in found.regions] == [((), ()), ((), ())]
    assert found.lost == ()


def test_what_is_gained_is_told() -> None:
    fox, bench = enrichment(PROMPT, scene(fox="a red fox with a bushy tail, with white paws")).regions
    assert set(fox.gained) == {"tail", "bushy tail", "paw", "white paws"}
    assert (fox.against, bench.gained) == ((), ())


@pytest.mark.parametrize(
    ("prompt", "against"),
    [
        ("a red fox on a bench", ["bench, which is another thing"]),
        ("a red fox with birds", ["birds, which is another thing"]),
        ("three red foxes", ["the number three"]),
        ("a blue fox", ["blue beside red"]),
        ("a red fox with a white tail", []),
    ],
)
def test_what_speaks_against_the_prompt_is_told(prompt: str, against: list[str]) -> None:
    fox = enrichment(PROMPT, scene(fox=prompt)).regions[0]
    assert list(fox.against) == against


def test_what_a_plan_loses_is_told() -> None:
    blind = scene(fox="a fox").model_copy(update={"caption": "foxes"})
    assert enrichment(PROMPT, blind).lost == ("attribute red",)


def test_a_table_has_a_line_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = scene(fox="a blue fox").model_copy(update={"caption": "foxes"})
    row = {"id": 7, "prompt": PROMPT, "scene": wrong.model_dump(mode="json")}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({"id": 8, "scene": None}) + "\n")
    assert main([str(tmp_path), "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == f"| {tmp_path.name} | 1 | 2 | 0.50 (0.00 to 1.00) | 1 | 1 |"
    assert lines[3:] == ["7: 'a blue fox': blue beside red", "7: not planned: attribute red"]


def test_a_folder_without_rows_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "holds no rows.jsonl" in capsys.readouterr().err
