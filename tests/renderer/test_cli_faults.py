"""Bad input: one line that says what is wrong, the exit code that says whose fault it is, and no trace."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from planner.files import dump_plan
from planner.plans import Plan
from renderer.pictures import png_bytes

if TYPE_CHECKING:
    from tests.conftest import Script
    from tests.renderer.conftest import Answer

Run = Callable[..., "Answer"]
Refused = Callable[..., str]
Edit = Callable[[Path, Callable[[dict[str, Any]], object]], None]


@pytest.fixture
def fails(run: Run, tmp_path: Path) -> Refused:
    """Runs the command and returns its one line, without the program's name."""

    def line(code: int, *arguments: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        answer = run(*arguments)
        assert (answer.code, answer.out) == (code, "")
        assert sorted(tmp_path.rglob("*")) == before
        told = answer.err.splitlines()
        (line,) = (one for one in told if not one.startswith("scenewright: asking "))
        assert line.startswith("scenewright: ")
        return line.removeprefix("scenewright: ")

    return line


@pytest.fixture
def refused(fails: Refused) -> Refused:
    """Runs a command that is the user's to mend."""

    def line(*arguments: str) -> str:
        return fails(2, *arguments)

    return line


@pytest.mark.parametrize("only", [(), ("--plan-only",)])
@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("", "the prompt is empty: describe a picture in a sentence or more"),
        (" \n", "the prompt is empty: describe a picture in a sentence or more"),
        ("a star, caf\udce9", "the prompt has bytes that are no UTF-8 text: give it in UTF-8"),
        ("a red heart " * 8334, "the prompt has 100,007 characters: at most 20,000 are planned"),
    ],
    ids=["empty", "blank", "bytes", "long"],
)
def test_a_prompt_that_is_none(refused: Refused, prompt: str, message: str, only: tuple[str, ...]) -> None:
    assert refused(prompt, *only) == message


@pytest.mark.parametrize(
    "size", ["100x100", "0x0", "20000x20000", "64", "64x", "x", "axb", "-64x64", "64x64x64"]
)
def test_a_size_that_is_none(refused: Refused, size: str) -> None:
    wanted = "should be WIDTHxHEIGHT, each a multiple of 16 from 64 to 8192, such as 1280x768"
    assert refused("a heart", f"--size={size}") == f"--size {size}: {wanted}"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("steps", "0", "--steps: 0 is wrong: input should be greater than or equal to 1"),
        ("steps", "2000", "--steps: 2000 is wrong: input should be less than or equal to 1000"),
        ("base-ratio", "2", "--base-ratio: 2.0 is wrong: input should be less than or equal to 1"),
        ("base-ratio", "nan", "--base-ratio: nan is wrong: input should be"),
        (
            "true-cfg-scale",
            "-1",
            "--true-cfg-scale: -1.0 is wrong: input should be greater than or equal to 0",
        ),
        (
            "guidance-scale",
            "1000",
            "--guidance-scale: 1000.0 is wrong: input should be less than or equal to 100",
        ),
        ("double-interval", "0", "--double-interval: 0 is wrong: input should be greater than or equal to 1"),
        ("single-interval", "0", "--single-interval: 0 is wrong: input should be greater than or equal to 1"),
        ("inject-steps", "abc", "--inject-steps: 'abc' should be a number of steps, such as 10, or a share"),
        (
            "inject-steps",
            "140%",
            "--inject-steps: '140%' should be a number of steps, such as 10, or a share",
        ),
        ("inject-steps", "999", "settings: inject_steps is 999, but there are only "),
        ("llm-price", "2", "--llm-price 2: should be IN,OUT: dollars a million tokens"),
        ("seed", "-1", "--seed -1: should be a whole number from 0"),
        ("seed", "abc", "--seed abc: should be a whole number from 0, or several, such as 0,1,2"),
        ("seed", "1,", "--seed 1,: should be a whole number from 0"),
        ("seed", "1,1", "--seed 1,1: a seed stands there twice"),
        ("seed", str(2**63), "the seed is 9223372036854775808: it should be from 0 to 9223372036854775807"),
        ("nonesuch", "1", "No such option: --nonesuch"),
    ],
)
def test_a_setting_out_of_its_range(refused: Refused, option: str, value: str, message: str) -> None:
    assert refused("a heart", f"--{option}={value}").startswith(message)


def test_a_seed_is_checked_where_only_a_plan_is_made(refused: Refused) -> None:
    assert refused("a heart", "--plan-only", "--seed", "-1").startswith("--seed -1: should be")


def test_a_prompt_or_a_plan_and_not_both(refused: Refused) -> None:
    wanted = "give a PROMPT or --plan FILE, one of the two"
    assert refused("a heart", "--plan", "plan.json") == wanted
    assert refused("--plan-only") == wanted
    assert refused("a heart", "a ring").startswith("Got unexpected extra argument")


def test_a_prompt_that_cannot_be_read(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    read = "the prompt can't be read from there"
    assert refused("@none.txt") == f"@none.txt: {read} (no such file or directory)"
    assert refused("@.") == f"@.: {read} (is a directory)"
    assert refused("@latin.txt") == f"@latin.txt: {read} (it is not UTF-8 text)"


def changed(data: Any, path: str, value: object) -> object:
    """The data with one value replaced or added; `path` is dotted."""
    *parents, last = (int(step) if step.isdigit() else step for step in path.split("."))
    target = data
    for step in parents:
        target = target[step]
    target[last] = value
    return data


def box(x0: int, y0: int, x1: int, y1: int) -> dict[str, int]:
    return {"x0": x0, "y0": y0, "x1": x1, "y1": y1}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("colour", "red", "colour: there is no such field"),
        ("scene.regions.0.colour", "red", "scene.regions[0].colour: there is no such field"),
        (
            "scene.regions.1.where",
            box(0, 0, 1200, 10),
            "scene.regions[1].where.x1: 1200 is off the canvas, which goes from 0 to 1000",
        ),
        (
            "scene.regions.0.where",
            box(0, 500, 100, 400),
            "scene.regions[0].where: the box (0, 500, 100, 400) is empty or upside down: x0 < x1 and y0 < y1",
        ),
        (
            "scene.regions.0.name",
            "ring",
            "scene: two regions are named 'ring': every region needs a name of its own",
        ),
        (
            "scene.relations",
            [{"subject": "star", "predicate": "above", "object": "elk"}],
            "scene: a relation names 'elk', which is no region; regions are star, ring",
        ),
        (
            "scene.regions.0.where",
            {"mask": "wide.png"},
            "scene.regions[0].where.mask: wide.png is 80x64; a mask has the canvas's size, which is 64x64",
        ),
        ("size.width", 100, "size.width: 100 is wrong: input should be a multiple of 16"),
    ],
)
@pytest.mark.parametrize("only", [(), ("--plan-only",)])
def test_a_plan_with_a_fault(
    refused: Refused,
    tmp_path: Path,
    plan: Plan,
    path: str,
    value: object,
    message: str,
    only: tuple[str, ...],
) -> None:
    Image.new("L", (80, 64), 255).save(tmp_path / "wide.png")
    (tmp_path / "plan.json").write_text(json.dumps(changed(json.loads(dump_plan(plan)), path, value)))
    assert refused("--plan", "plan.json", *only) == f"plan.json: {message}"


def test_a_plan_that_is_no_json(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("a heart")
    assert refused("--plan", "plan.json").startswith("plan.json: is not JSON: expecting value at line 1")
    assert refused("--plan", "none.json") == "none.json: cannot be read (no such file or directory)"
    assert refused("--plan", "") == ".: cannot be read (is a directory)"


def test_a_picture_that_carries_no_plan(refused: Refused, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "holiday.png")
    assert refused("--plan", "holiday.png").startswith("holiday.png: the picture carries no plan")


def test_a_picture_whose_settings_are_wrong(refused: Refused, tmp_path: Path, plan: Plan) -> None:
    record: dict[str, Any] = {"plan": plan.model_dump(mode="json"), "model": "tiny", "settings": {"steps": 0}}
    (tmp_path / "old.png").write_bytes(png_bytes(Image.new("RGB", (4, 4)), record))
    assert refused("--plan", "old.png").startswith("old.png: settings: steps: 0 is wrong")


def test_a_picture_whose_model_is_gone(refused: Refused, tmp_path: Path, plan: Plan) -> None:
    record: dict[str, Any] = {"plan": plan.model_dump(mode="json"), "model": "/gone/model"}
    (tmp_path / "old.png").write_bytes(png_bytes(Image.new("RGB", (4, 4)), record))
    assert refused("--plan", "old.png", "--trust").startswith("--model /gone/model: no such folder")


def test_a_pictures_record_names_files_only_with_trust(refused: Refused, tmp_path: Path, plan: Plan) -> None:
    """Neither a private picture nor a look-up on the hub may come of somebody's picture."""
    extras = {
        "loras": [{"source": "owner/lora"}],
        "init_image": "/home/me/private.png",
        "inpaint_mask": "/home/me/mask.png",
        "controls": [{"image": "/home/me/map.png", "model": "owner/net"}],
        "references": ["/home/me/face.png"],
    }
    record: dict[str, Any] = {"plan": plan.model_dump(mode="json"), "model": "owner/name", "extras": extras}
    (tmp_path / "theirs.png").write_bytes(png_bytes(Image.new("RGB", (4, 4)), record))
    names = (
        "--model owner/name; --lora owner/lora; --init-image /home/me/private.png; "
        "--inpaint-mask /home/me/mask.png; --control /home/me/map.png for owner/net; "
        "--reference /home/me/face.png"
    )
    assert refused("--plan", "theirs.png") == (
        f"theirs.png: the picture's record names {names}: give --trust if the picture is your own, or these "
        "options"
    )
    assert "--init-image" in refused(
        "--plan", "theirs.png", "--model", "owner/name", "--lora", "my.safetensors"
    )


@pytest.mark.parametrize("seed", [True, "7", 1.5, [1]])
def test_a_seed_in_a_record_is_a_whole_number(
    refused: Refused, tmp_path: Path, plan: Plan, seed: object
) -> None:
    record: dict[str, Any] = {"plan": plan.model_dump(mode="json"), "model": "tiny", "seed": seed}
    (tmp_path / "theirs.png").write_bytes(png_bytes(Image.new("RGB", (4, 4)), record))
    assert refused("--plan", "theirs.png") == f"theirs.png: seed: {seed!r} should be a whole number"


def test_a_path_that_cannot_be_written(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    missing = "cannot be written (no such file or directory)"
    assert refused("a heart", "-o", "none/a.png") == f"-o none/a.png: {missing}"
    assert refused("a heart", "-o", "file/a.png") == "-o file/a.png: cannot be written (not a directory)"
    assert refused("a heart", "-o", "folder.png") == "-o folder.png: is a folder; give a file's name"
    assert refused("a heart", "-o", "a.jpg") == "-o a.jpg: the file's name should end in .png"
    assert refused("a heart", "-o", "a.svg") == "-o a.svg: the file's name should end in .png"
    wrong = refused("a heart", "--plan-only", "-o", "a.jpg")
    assert wrong == "-o a.jpg: the file's name should end in .png or .svg"
    assert refused("a heart", "--masks", "file") == "--masks file: file is a file; give a folder's name"


def test_a_font_that_cannot_be_read(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "text.ttf").write_text("no font")
    should = "should be a readable .ttf, .otf or .ttc file"
    wrong = refused("a heart", "--plan-only", "-o", "a.png", "--font", "text.ttf")
    assert wrong == f"--font text.ttf: {should} (it is no TrueType or OpenType font)"
    missing = refused("a heart", "--plan-only", "--font", "none.otf")
    assert missing == f"--font none.otf: {should} (no such file or directory)"


def test_a_folder_that_may_not_be_written(refused: Refused, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("root may write everywhere")
    assert refused("a heart") == "-o picture.png: cannot be written (permission denied)"


def test_a_model_that_is_no_flux_pipeline(
    refused: Refused, tmp_path: Path, model_folder: Path, edit: Edit
) -> None:
    (tmp_path / "empty").mkdir()
    assert refused("a heart", "--model", "nonesuch").startswith(
        "--model nonesuch: no such folder; give a pipeline's folder"
    )
    assert refused("a heart", "--model", "empty").startswith(
        "--model empty: the folder has no model_index.json"
    )
    weights = "model/transformer/diffusion_pytorch_model.safetensors"
    (model_folder / Path(weights).relative_to("model")).write_bytes(b"broken")
    assert f"({weights} is no safetensors file)" in refused("a heart", "--model", "model")
    edit(model_folder / "model_index.json", lambda found: found.update(_class_name="SanaPipeline"))
    assert "holds a SanaPipeline" in refused("a heart", "--model", "model")


def test_a_language_model_without_key_or_address(refused: Refused) -> None:
    assert refused("a heart", "--llm", "m").startswith(
        "no key for the LLM: set OPENAI_API_KEY, or OPENAI_BASE"
    )


def test_a_local_model_that_is_not_there(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCENEWRIGHT_CACHE", "cache")
    not_yet = "--llm local: no model was fetched yet; scenewright models fetch smollm2"
    assert refused("a heart", "--llm", "local") == not_yet
    assert refused("a heart", "--llm", "local", "--plan-only") == not_yet
    assert refused("a heart", "--llm=local:a.gguf").startswith("--llm local:a.gguf: a.gguf can't be read (")
    unknown = "models fetch gpt: there is no such model; known are smollm2"
    assert refused("models", "fetch", "gpt") == unknown


def test_an_endpoint_that_cannot_be_reached(fails: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    line = fails(1, "a heart", "--llm", "m")
    assert line.startswith(f"the LLM endpoint {address} can't be reached (3 tries at most)")


def test_the_built_in_planner_plans_where_that_was_allowed(
    run: Run, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.says("Blue.")
    answer = run("a red heart", "--llm", "scripted", "--llm-fallback", "--plan-only")
    plan = json.loads(answer.out)
    assert (answer.code, plan["origin"]["planner"]) == (0, "builtin")
    assert [region["name"] for region in plan["scene"]["regions"]] == ["heart"]
    (line,) = (line for line in answer.err.splitlines() if "language model gave no plan" in line)
    assert line.startswith(
        "scenewright: warning: llm: the language model gave no plan: scripted wrote no plan"
    )


def test_the_built_in_planner_plans_where_a_local_model_cannot_be_served(
    run: Run, fails: Refused, gguf: Callable[[str], Path]
) -> None:
    damaged = gguf("")
    line = fails(1, "a red heart", "--llm", f"local:{damaged}", "--plan-only")
    assert line.endswith("stub.gguf: llama.cpp can't serve it: loader: the file is cut off")
    answer = run("a red heart", "--llm", f"local:{damaged}", "--llm-fallback", "--plan-only")
    plan = json.loads(answer.out)
    assert (answer.code, plan["origin"]["planner"], plan["origin"]["usage"]) == (0, "builtin", None)
    (told,) = (line for line in answer.err.splitlines() if "language model gave no plan" in line)
    assert told.startswith("scenewright: warning: llm: the language model gave no plan: ")


def test_a_language_model_that_answers_nonsense(
    fails: Refused, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    monkeypatch.delenv("SCENEWRIGHT_CACHE")
    script.says("Blue.\nGreen.")
    line = fails(1, "a heart", "--llm", "scripted")
    assert line.startswith("scripted wrote no plan (")
    assert line.endswith("it wrote: Blue. Green.")
