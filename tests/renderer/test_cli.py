"""The command as people use it: the real `main`, in an empty folder."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from planner.draw.fonts import Fonts
from planner.files import dump_plan, load_plan, read_record
from planner.plans import Plan
from renderer.extras import Extras
from renderer.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Script
    from tests.renderer.conftest import Answer

Run = Callable[..., "Answer"]
Edit = Callable[[Path, Callable[[dict[str, Any]], object]], None]

PROMPT = "A yellow star to the left of a blue ring, at night"
SMALL = ("--size", "64x64", "--steps", "1")

REPLY: dict[str, Any] = {
    "caption": "A fox.",
    "background": "a meadow",
    "style": "",
    "absent": [],
    "relations": [],
    "regions": [
        {
            "name": "fox",
            "prompt": "a red fox with a bushy tail",
            "count": 1,
            "depth": 0,
            "where": {"horizontal": "left", "vertical": "middle", "size": "large"},
        }
    ],
}


def pixels(path: str) -> Any:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def plan_file(tmp_path: Path, plan: Plan) -> str:
    (tmp_path / "plan.json").write_text(dump_plan(plan), "utf-8")
    return "plan.json"


def test_a_plan_is_all_that_stdout_gets(run: Run) -> None:
    answer = run(PROMPT, "--plan-only")
    assert answer.code == 0
    plan = Plan.model_validate_json(answer.out)
    assert [region.name for region in plan.scene.regions] == ["star", "ring"]
    assert answer.out == dump_plan(plan)
    assert "no language model is set (--llm)" in answer.err


def test_quiet_leaves_stderr_empty(run: Run) -> None:
    assert run(PROMPT, "--plan-only", "--quiet").err == ""
    answer = run(PROMPT, "-q", *SMALL)
    assert (answer.code, answer.out, answer.err) == (0, "picture.png\n", "")


@pytest.mark.parametrize(("name", "start"), [("layout.png", b"\x89PNG"), ("layout.SVG", b"<svg")])
def test_the_layout_is_drawn(run: Run, name: str, start: bytes) -> None:
    assert run(PROMPT, "--plan-only", "-o", name).code == 0
    assert Path(name).read_bytes().startswith(start)


def test_letters_that_no_font_shows_are_told_with_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planner.draw.fonts.SYSTEM", Fonts())
    told = (
        "layout.png: no font shows 猫: install fonts-noto-cjk (Debian), Noto Sans CJK, or give --font FILE\n"
    )
    assert told in run(f"{PROMPT} 猫", "--plan-only", "-o", "layout.png").err
    assert "no font" not in run(f"{PROMPT} 猫", "--plan-only", "-o", "layout.svg").err, (
        "a browser has its own"
    )
    assert "no font" not in run(PROMPT, "--plan-only", "-o", "layout.png").err


def test_the_masks_cover_every_pixel_once(run: Run) -> None:
    assert run(PROMPT, "--plan-only", "--masks", "new/masks", "--size", "64x80").code == 0
    masks = [pixels(str(path)) for path in sorted(Path("new/masks").iterdir())]
    assert len(masks) == 3
    assert np.array_equal(np.sum(masks, axis=0, dtype=int), np.full((80, 64), 255))


def test_a_picture_carries_all_that_draws_it_again(run: Run) -> None:
    answer = run(PROMPT, *SMALL, "--seed", "5", "--base-ratio", "0.3", "-o", "first.png", "--masks", "masks")
    assert (answer.code, answer.out) == (0, "first.png\n")
    for stage in ("planning", "loading", "denoising"):
        assert stage in answer.err
    assert len(list(Path("masks").iterdir())) == 3
    assert run("--plan", "first.png", "-o", "again.png").code == 0
    assert Path("again.png").read_bytes() == Path("first.png").read_bytes()


def test_what_the_command_line_says_wins_over_what_the_picture_carries(run: Run) -> None:
    run(PROMPT, *SMALL, "--seed", "5", "--base-ratio", "0.3", "-o", "first.png")
    run("--plan", "first.png", "--seed", "6", "--base-ratio", "0.5", "--size", "80x64", "-o", "other.png")
    first, other = (read_record(name).rest for name in ("first.png", "other.png"))
    assert (first["seed"], other["seed"]) == (5, 6)
    settings = first["settings"]
    assert isinstance(settings, dict)
    assert other["settings"] == {**settings, "base_ratio": 0.5}
    assert pixels("other.png").shape == (64, 80, 3)


def test_several_seeds_draw_a_picture_each_that_can_be_drawn_again(run: Run, tmp_path: Path) -> None:
    answer = run(PROMPT, *SMALL, "--seed", "5,7", "--low-memory", "-o", "out.png")
    assert (answer.code, answer.out.split()) == (0, ["out-5.png", "out-7.png"])
    assert run("--plan", "out-7.png", "-o", "again.png").code == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "out-7.png").read_bytes()
    assert (tmp_path / "out-5.png").read_bytes() != (tmp_path / "out-7.png").read_bytes()


def test_a_picture_of_another_model_brings_its_plan_and_not_its_settings(
    run: Run, model_folder: Path, edit: Edit
) -> None:
    run(PROMPT, *SMALL, "--base-ratio", "0.3", "-o", "first.png")
    edit(model_folder / "scenewright.json", lambda found: found["recipe"].update(base_ratio=0.7, steps=1))
    run("--plan", "first.png", "--model", "model", "-o", "other.png")
    record = read_record("other.png")
    assert record.rest["model"] == "model"
    settings = record.rest["settings"]
    assert isinstance(settings, dict)
    assert settings["base_ratio"] == 0.7
    assert record.plan == load_plan("first.png")
    assert run("--plan", "other.png", "--trust", "-o", "again.png").code == 0
    assert Path("other.png").read_bytes() == Path("again.png").read_bytes()


def test_a_plans_boxes_stand_as_they_were_edited(run: Run, plan: Plan, plan_file: str) -> None:
    answer = run("--plan", plan_file, "--plan-only")
    assert Plan.model_validate_json(answer.out) == plan
    assert "no language model" not in answer.err
    edited = json.loads(answer.out)
    edited["scene"]["regions"][0]["where"] = {"x0": 10, "y0": 20, "x1": 300, "y1": 400}
    Path(plan_file).write_text(json.dumps(edited), "utf-8")
    assert run("--plan", plan_file, "--steps", "1").code == 0
    assert load_plan("picture.png") == Plan.model_validate(edited)


def test_a_prompt_comes_from_a_file_or_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run(PROMPT, "--plan-only", "-q").out
    Path("prompt.txt").write_text(f"{PROMPT}\n", "utf-8")
    assert run("@prompt.txt", "--plan-only", "-q").out == said
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PROMPT}\n"))
    assert run("-", "--plan-only", "-q").out == said


def test_a_language_model_plans_where_it_is_named(
    run: Run, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.says(REPLY)
    answer = run("a red fox on the left", "--llm", "scripted", "--seed", "3", "--plan-only")
    assert answer.code == 0
    plan = Plan.model_validate_json(answer.out)
    assert (plan.origin.planner, plan.origin.model, plan.origin.seed) == ("llm", "scripted", 3)
    assert plan.scene.regions[0].prompt == "a red fox with a bushy tail"
    assert script.requests[0]["seed"] == 3
    assert "built-in planner" not in answer.err


def test_what_a_plan_cost_is_told_and_the_same_again_is_not_asked(
    run: Run, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    script.says(REPLY)
    words = ("a red fox on the left", "--llm", "scripted", "--llm-price", "2,10", "--plan-only")
    told = "the language model took 1,000 + 100 tokens in 1 answer"
    assert f"{told}, $0.0030\n" in run(*words).err
    assert f"{told} (1 of them cached), $0.0030\n" in run(*words).err
    assert len(script.requests) == 1
    assert f"{told}, $0.0030\n" in run(*words, "--no-cache").err
    assert len(script.requests) == 2


def test_the_language_model_may_be_set_in_the_environment(
    run: Run, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    monkeypatch.setenv("SCENEWRIGHT_LLM", "scripted")
    script.says(REPLY)
    assert Plan.model_validate_json(run("a red fox", "--plan-only").out).origin.model == "scripted"


def test_a_model_on_this_machine_is_served_for_the_plan_and_its_picture(
    run: Run, gguf: Callable[[str], Path]
) -> None:
    file = gguf(json.dumps(REPLY))
    answer = run("a red fox on the left", f"--llm=local:{file}", "--plan-only")
    assert answer.code == 0
    plan = Plan.model_validate_json(answer.out)
    assert (plan.origin.planner, plan.origin.model) == ("llm", "stub")
    assert plan.scene.regions[0].prompt == "a red fox with a bushy tail"
    assert run("a red fox on the left", f"--llm=local:{file}", *SMALL).code == 0
    assert load_plan("picture.png").origin.model == "stub"


def test_the_version_is_the_packages(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").out == f"scenewright {version('scenewright')}\n"


def test_help_shows_an_example_and_the_other_commands(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    answer = run("--help")
    assert (answer.code, answer.err) == (0, "")
    assert "Usage: scenewright [OPTIONS] [PROMPT]" in answer.out
    assert 'Example: scenewright "At night, a yellow star' in answer.out
    assert "Other commands, each with --help: scenewright eval, report, ablate, models." in answer.out
    panels = (
        "Arguments",
        "Options",
        "Planning",
        "Editing the plan",
        "Planning with",
        "Sampling",
        "Regions",
        "LoRA",
    )
    places = [answer.out.index(f"─ {panel}") for panel in panels]
    assert places == sorted(places)
    assert "--no-plan-only" not in answer.out
    assert run() == answer


def test_options_that_are_fields_are_described_by_the_fields(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    lines = [line.strip("│ ") for line in run("--help").out.splitlines()]
    for fields, undescribed in (
        (Settings.model_fields, {"max_sequence_length", "setting_in_regions", "auto"}),
        (Extras.model_fields, {"loras", "controls", "references"}),
    ):
        assert {name for name, field in fields.items() if not field.description} == undescribed
        for name in fields.keys() - undescribed:
            (line,) = (line for line in lines if line.startswith(f"--{name.replace('_', '-')} "))
            assert line.endswith(fields[name].description or "")


def test_a_command_is_named_by_the_first_word_alone(run: Run) -> None:
    answer = run("eval")
    assert answer.code == 0
    assert "Usage: scenewright eval [OPTIONS] COMMAND [ARGS]..." in answer.out
    assert run("eval", "--help") == answer
    word = run("--", "eval", "--plan-only")
    assert (word.code, word.out) == (2, "")
    plan = Plan.model_validate_json(run("--plan-only", "--", "eval").out)
    assert plan.scene.prompt == "eval"


def test_the_parity_check_is_the_modules_own(run: Run) -> None:
    golden = Path(__file__).parents[1] / "golden"
    answer = run("eval", "parity", str(golden))
    assert answer.code == 0
    assert answer.out.count("ok  ") == len(list(golden.glob("*.safetensors"))) - 1
    nothing = run("eval", "parity", ".")
    assert nothing.code == 2
    assert "has no transformer.safetensors" in nothing.err


@pytest.mark.parametrize("name", ["parity", "floors"])
def test_an_evaluation_reads_its_own_options(run: Run, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert name in run("eval").out
    with pytest.raises(SystemExit) as ended:
        run("eval", name, "--help")
    assert ended.value.code == 0
    assert "usage: python -m evals." in capsys.readouterr().out


def test_the_world_is_checked_with_the_options_given(run: Run) -> None:
    answer = run("eval", "floors", "--n-one=0", "--n-two=0", "--n-judge=2", "--model=nonesuch")
    assert answer.code == 2
    assert answer.err.startswith("--model nonesuch: no such folder")
