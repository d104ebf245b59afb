"""The sheets of LoRAs and ControlNets, in miniature."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from torch import nn

from evals.figures import extras
from evals.world.control import new_controlnet
from evals.world.lora import COURSES, NAME
from evals.world.lora import main as train_lora
from renderer.cards import model_card
from renderer.models import load_model


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "STEPS", 1)


def test_the_loras_sheet_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train_lora(["--pool=32", f"--shorten={COURSES[0].steps // 2}", f"--out={tmp_path / 'trained'}"])
    capsys.readouterr()
    source = f"--lora={tmp_path / 'trained' / NAME}"
    told = [
        "lora",
        source,
        f"--out={tmp_path}",
        "--prompts=1",
        "--rows=1",
        f"--output={tmp_path / 'sheet.png'}",
    ]
    assert extras.main(told) == 0
    table = capsys.readouterr().out
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == [
        "| everywhere",
        *(f"| {way}-{ratio}" for ratio in extras.BASE_RATIOS for way in ("without", "region")),
    ]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 4 * (extras.CELL + extras.GAP) + extras.GAP
    made = {path: path.read_bytes() for path in tmp_path.rglob("*.png")}
    assert len(made) == 1 + 7
    # What is drawn is not drawn again, and draws the same sheet.
    times = {path: path.stat().st_mtime_ns for path in made if path.parent.name == "lora"}
    assert extras.main(told) == 0
    assert capsys.readouterr().out == table
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.png")} == made
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_the_controlnets_sheet_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = load_model(model_card("tiny"))
    net: Any = new_controlnet(tiny.pipeline.transformer)
    for layer in (net.controlnet_x_embedder, *net.controlnet_blocks):
        nn.init.normal_(layer.weight, std=0.2)
    net.save_pretrained(tmp_path / "net")
    told = ["control", f"--out={tmp_path}", f"--controlnet={tmp_path / 'net'}", "--prompts=1", "--rows=1"]
    assert extras.main([*told, f"--output={tmp_path / 'sheet.png'}"]) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| without", "| with", "| plain"]
    drawn = {path.name.split("-", 1)[1]: path.read_bytes() for path in (tmp_path / "control").glob("*.png")}
    assert drawn.keys() == {"depth.png", "without.png", "with.png", "plain.png"}
    assert drawn["with.png"] != drawn["without.png"]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 5 * (extras.CELL + extras.GAP) + extras.GAP


def test_a_controlnet_that_is_not_there_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["control", f"--out={tmp_path}", f"--controlnet={tmp_path / 'none'}", "--prompts=1"]
    assert extras.main(told) == 2
    assert "none: can't be loaded as a FLUX ControlNet" in capsys.readouterr().err
