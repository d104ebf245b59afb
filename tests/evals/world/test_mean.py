"""The mean of pipelines' weights."""

import shutil
from pathlib import Path

import pytest
import torch
from diffusers import FluxPipeline
from safetensors.torch import load_file, save_file

from evals.world.mean import main, write_mean
from planner.errors import UserError
from renderer.cards import TINY

FILE = "text_encoder/model.safetensors"


def scaled(folder: Path, by: float) -> Path:
    """tiny-flux with the weights of CLIP so many times as large."""
    shutil.copytree(TINY, folder)
    weights = {name: value * by for name, value in load_file(TINY / FILE).items()}
    save_file(weights, folder / FILE, metadata={"format": "pt"})
    return folder


def test_weights_are_the_mean_and_all_else_is_the_first_ones(tmp_path: Path) -> None:
    others = [scaled(tmp_path / "two", 2.0), scaled(tmp_path / "six", 6.0)]
    (others[0] / "scenewright.json").unlink()
    write_mean([TINY, *others], tmp_path / "mean")
    ours, mean = load_file(TINY / FILE), load_file(tmp_path / "mean" / FILE)
    for name, value in ours.items():
        assert mean[name].dtype == value.dtype == torch.float16
        torch.testing.assert_close(mean[name], value * 3)
    for path in TINY.rglob("*"):
        if path.is_file() and path != TINY / FILE:
            assert (tmp_path / "mean" / path.relative_to(TINY)).read_bytes() == path.read_bytes(), path


def test_diffusers_loads_the_mean(tmp_path: Path) -> None:
    write_mean([TINY, TINY], tmp_path / "mean")
    loaded, ours = (FluxPipeline.from_pretrained(folder) for folder in (tmp_path / "mean", TINY))
    for name, value in ours.transformer.state_dict().items():
        assert torch.equal(loaded.transformer.state_dict()[name], value), name


def test_other_weights_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    other = scaled(tmp_path / "other", 1.0)
    save_file({"one": torch.zeros(2)}, other / FILE)
    with pytest.raises(UserError, match=r"text_encoder/model\.safetensors: its weights differ from those of"):
        write_mean([TINY, other], tmp_path / "mean")
    (other / FILE).unlink()
    with pytest.raises(UserError, match=r"text_encoder/model\.safetensors: there is no such file"):
        write_mean([TINY, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_the_command_names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(TINY), "--out", str(tmp_path)]) == 2
    assert f"--out {tmp_path}: it exists; give a new folder" in capsys.readouterr().err
    assert main([str(tmp_path), "--out", str(tmp_path / "mean")]) == 2
    assert f"{tmp_path}: it holds no weights" in capsys.readouterr().err
    assert main([str(TINY), "--out", str(tmp_path / "mean")]) == 0
    assert (tmp_path / "mean" / FILE).read_bytes() == (TINY / FILE).read_bytes()
