"""The documents are true: their Python runs, their commands run, their options and files exist."""

import base64
import io
import json
import re
import runpy
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import typer
from diffusers import FluxControlNetModel
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image

from evals.ablation.fit import main as fit
from evals.benchmarks.world import main as world
from evals.scoreboard import main as scoreboard
from evals.speed.__main__ import main as speed
from renderer.cards import TINY, model_card
from renderer.cli import COMMANDS, drawing, main
from renderer.models import load_model

if TYPE_CHECKING:
    from tests.conftest import Script

ROOT = Path(__file__).parents[1]
FRONT, PLANNER, RENDERER, EVALS, HOUSE, TRAINING = (
    ROOT / name
    for name in (
        *("README.md", "planner/README.md", "renderer/README.md", "evals/README.md", "CONTRIBUTING.md"),
        "evals/world/training/TRAINING.md",
    )
)
RESULTS = sorted((ROOT / "evals/results").glob("*.md"))
SAID = (FRONT, PLANNER, RENDERER, EVALS)
"""Where options of the commands are named."""

GUIDES = (FRONT, PLANNER, RENDERER, EVALS, HOUSE, TRAINING, ROOT / "evals/reader/README.md", *RESULTS)
EVERYTHING = "".join(guide.read_text("utf-8") for guide in GUIDES)
PROMPT = "A yellow star to the left of a blue ring, at night"
QUICK = ["--steps=1"]
"""What is added to commands that draw, so that the test is quick."""


def blocks(language: str, *guides: Path) -> list[str]:
    texts = (guide.read_text("utf-8") for guide in guides)
    return [
        block
        for text in texts
        for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def lines(*guides: Path) -> Iterator[list[str]]:
    """The words of every command in the shell blocks of guides; of several in a line, those of the last."""
    for line in "".join(blocks("sh", *guides)).splitlines():
        words = shlex.split(line.rpartition("&& ")[2], comments=True)
        yield [PROMPT if word == "PROMPT" else word for word in words]


def commands() -> Iterator[list[str]]:
    """The words of every `scenewright` command that draws or plans, without its own name."""
    said = lines(FRONT, PLANNER)
    return (words[1:] for words in said if words[:1] == ["scenewright"] and words[1] not in COMMANDS)


def parse(words: list[str]) -> dict[str, Any]:
    """The options as the command understands them; nothing is run."""
    command: Any = typer.main.get_command(drawing)
    return cast(dict[str, Any], command.make_context("scenewright", list(words)).params)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, no language model, and no program that would show pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCENEWRIGHT_LLM", raising=False)
    monkeypatch.setattr("PIL.ImageShow._viewers", [])
    return tmp_path


@pytest.mark.parametrize("block", blocks("python", PLANNER), ids=lambda block: block.splitlines()[0])
def test_the_planners_python_runs(block: str, outside: Path) -> None:
    (outside / "readme.py").write_text(block, "utf-8")
    assert runpy.run_path("readme.py")["masks"].any()


def test_the_front_page_is_short() -> None:
    assert len(FRONT.read_text("utf-8").splitlines()) <= 150
    assert len(HOUSE.read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("block", blocks("python", FRONT, RENDERER), ids=lambda block: block.splitlines()[0])
def test_its_python_runs(block: str, outside: Path) -> None:
    (outside / "readme.py").write_text(block, "utf-8")
    runpy.run_path("readme.py")
    pictures = list(outside.rglob("*.png"))
    assert pictures
    for picture in pictures:
        with Image.open(picture) as image:
            image.load()


@pytest.fixture
def guests(outside: Path) -> None:
    """A LoRA and a ControlNet of random weights, and pictures, as the README names them."""
    pipeline: Any = load_model(model_card("tiny")).pipeline
    targets = ["to_q", "add_k_proj", "proj_mlp"]
    pipeline.transformer.add_adapter(LoraConfig(target_modules=targets, init_lora_weights=False), "made")
    pipeline.save_lora_weights(
        outside,
        transformer_lora_layers=get_peft_model_state_dict(pipeline.transformer, adapter_name="made"),
        weight_name="outline.safetensors",
    )
    heads = {
        name: pipeline.transformer.config[name] for name in ("attention_head_dim", "num_attention_heads")
    }
    net: Any = FluxControlNetModel.from_transformer(
        pipeline.transformer,
        num_layers=1,
        num_single_layers=1,
        load_weights_from_transformer=False,
        **cast(Any, heads),
    )
    net.save_pretrained(outside / "NAME")
    for name in ("photo", "depth"):
        Image.new("RGB", (160, 120), "grey").save(outside / f"{name}.png")
    painted = Image.new("RGB", (208, 208), "white")
    painted.paste("red", (0, 0, 80, 112))
    painted.paste("blue", (112, 48, 208, 208))
    painted.save(outside / "masks.png")


@pytest.mark.usefixtures("guests")
def test_its_commands_run_in_the_order_in_which_they_stand(
    outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in commands():
        options = parse(words)
        if options["llm"] is not None:
            continue
        assert main([*words, *(() if options["plan_only"] else QUICK)]) == 0
        said = capsys.readouterr().out
        if words == [PROMPT, "--plan-only"]:
            (outside / "plan.json").write_text(said, "utf-8")
        for name in ("output", "masks"):
            assert options[name] is None or options[name].exists()
    assert (outside / "again.png").read_bytes() == (outside / "picture.png").read_bytes()


def test_its_commands_for_language_models_are_understood() -> None:
    asked = [parse(words) for words in commands()]
    named = [options for options in asked if options["llm"]]
    assert [(options["llm"], options["model"], options["size"], options["seed"]) for options in named] == [
        ("gpt-4.1", "black-forest-labs/FLUX.1-dev", "1280x768", "124"),
        ("local", None, None, None),
    ]


def test_its_commands_for_weights_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    fetched = [words[1:] for words in lines(FRONT) if words[:2] == ["scenewright", "models"]]
    assert fetched == [["models", "fetch", "smollm2"]]
    assert main(["models", "fetch", "--help"]) == 0
    assert "smollm2" in capsys.readouterr().out


def write_worlds(outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The prompts of the little world that its commands draw, a prompt of each number of things."""
    for *words, _, file in (words[3:] for words in lines(EVALS) if words[2:3] == ["evals.benchmarks.world"]):
        assert world([*words, "--each=1"]) == 0
        (outside / file).write_text(capsys.readouterr().out)


def test_its_evaluations_run(outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = outside / "NSR-1K/counting/counting.val.json"
    data.parent.mkdir(parents=True)
    sample = {"id": 1, "prompt": "two red mugs", "num_object": [["mug", 2]], "sub-type": "real"}
    data.write_text(json.dumps([sample]))
    write_worlds(outside, capsys)
    evaluations = [
        words for words in lines(EVALS) if words[:2] == ["scenewright", "eval"] and not _judged(words)
    ]
    assert len(evaluations) == 5
    assert [main(words[1:] if "image" not in words else _quick(words[1:])) for words in evaluations] == [
        0
    ] * 5
    reports = [words[1:] for words in lines(EVALS) if words[:2] == ["scenewright", "report"]]
    assert [main(words) for words in reports] == [0, 0]
    assert all((outside / name).exists() for name in ("report.html", "modes.html"))
    boards = [words[3:] for words in lines(EVALS) if words[:3] == ["python", "-m", "evals.scoreboard"]]
    assert [scoreboard(words) for words in boards] == [0]
    assert "| accuracy | 100.0 %" in capsys.readouterr().out


def test_its_judge_is_asked(outside: Path, script: "Script", monkeypatch: pytest.MonkeyPatch) -> None:
    titles = (
        "item_id,text,proposition_id,dependency,category_broad,category_detailed,tuple,"
        "question_natural_language"
    )
    (outside / "DSG").mkdir()
    (outside / "DSG/dsg-1k-anns.csv").write_text(f"{titles}\n1,a red star,1,0,entity,whole,a,Is it red?\n")
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.sees = _redder
    (words,) = (words for words in lines(EVALS) if _judged(words))
    assert main([*_quick(words[1:]), "--arm=plain:steps=1"]) == 0
    (row,) = map(json.loads, (outside / "runs/dsg/rows.jsonl").read_text().splitlines())
    with Image.open(outside / "runs/dsg" / row["picture"]) as image:
        red, _, blue = np.asarray(image.convert("RGB"), dtype=float).mean(axis=(0, 1))
    assert row["scores"]["judge.right"] == float(red > blue)


def _judged(words: list[str]) -> bool:
    return any(word.startswith("judge:") for word in words)


def _redder(request: dict[str, Any]) -> tuple[str, None]:
    """A model that sees red from blue, and no more."""
    picture, text = request["messages"][-1]["content"]
    data = base64.b64decode(picture["image_url"]["url"].partition(",")[2])
    red, _, blue = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=float).mean(axis=(0, 1))
    return json.dumps({"answer": "yes" if ("red" in text["text"]) == (red > blue) else "no"}), None


def test_its_grids_are_drawn(outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of one prompt, a step a picture."""
    (outside / "evals/figures").mkdir(parents=True)
    copytree(TINY, outside / "runs/tiny")
    write_worlds(outside, capsys)
    quick = {"auto:auto=true": "auto:auto=true,steps=1"}
    grids = [words[1:] for words in lines(EVALS) if words[:2] == ["scenewright", "ablate"]]
    for words in grids:
        wanted = [quick.get(word, word) for word in words]
        assert main([*wanted, "--with=steps=1", "--limit=1", "--quiet"]) == 0
    assert len(grids) == len(list(outside.rglob("table.md"))) == 3
    assert all((outside / f"evals/figures/{name}.png").exists() for name in ("ablation", "settings"))
    assert "| auto |" in (outside / "runs/many/table.md").read_text("utf-8")


def _quick(words: list[str]) -> list[str]:
    """The same run of pictures of one prompt, a step each."""
    arms = {"plain": "plain:steps=1", "regional": "regional:steps=1,inject_steps=1"}
    modes = {word: f"{word},steps=1,inject_steps=1" for word in words if ":mode=" in word}
    return [*((arms | modes).get(word, word) for word in words), "--limit=1"]


def test_its_options_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known = {option for parameter in typer.main.get_command(drawing).params for option in parameter.opts}
    with pytest.raises(SystemExit):
        main(["eval", "lmd", "--help"])
    with pytest.raises(SystemExit):
        speed(["--help"])
    with pytest.raises(SystemExit):
        main(["ablate", "--help"])
    for module in (fit, world):
        with pytest.raises(SystemExit):
            module(["--help"])
    known |= {"--list", *re.findall(r"--[a-z-]+", capsys.readouterr().out)}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", "".join(g.read_text("utf-8") for g in SAID)))
    assert {"--plan-only", "--llm", "--base-ratio"} <= named
    assert named <= known


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m (evals[\w.]*)", EVERYTHING))))
def test_the_modules_that_it_runs_exist(module: str) -> None:
    assert find_spec(module) is not None


def test_the_commands_that_it_names_exist() -> None:
    named = set(re.findall(r"scenewright (ablate|eval|report)\b", EVERYTHING))
    assert named <= set(COMMANDS)


LINKS = [
    (guide, link)
    for guide in GUIDES
    for link in sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", guide.read_text("utf-8"))))
]


@pytest.mark.parametrize(("guide", "link"), LINKS, ids=lambda part: str(part).removeprefix(f"{ROOT}/"))
def test_the_files_that_it_shows_exist(guide: Path, link: str) -> None:
    assert (guide.parent / link).exists()
