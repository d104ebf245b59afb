"""Whether a model tells a right caption from one with the colours changed about."""

import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from evals.world.order import changed_about, main, told_apart
from evals.world.tableau import sample_tableau
from renderer.cards import TINY


def test_only_the_colours_are_changed_about() -> None:
    tableau = sample_tableau(11, 2)
    (one, other), (first, second) = tableau.things, changed_about(tableau).things
    assert (first.colour, second.colour) == (other.colour, one.colour)
    for before, after in ((one, first), (other, second)):
        assert (before.kind, before.box, before.size) == (after.kind, after.box, after.size)


def test_the_loss_is_the_same_each_time_and_falls_with_the_noise() -> None:
    told = told_apart(TINY, 4, levels=(0.95, 0.6))
    assert told == told_apart(TINY, 4, levels=(0.95, 0.6))
    assert [(one.level, one.n) for one in told] == [(0.95, 4), (0.6, 4)]
    assert told[0].loss > 3 * told[1].loss > 0
    assert all(0 <= one.right <= 1 for one in told)


def test_to_a_model_that_hears_nothing_both_captions_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "deaf"
    shutil.copytree(TINY, folder)
    path = folder / "text_encoder_2/model.safetensors"
    weights = {name: torch.zeros_like(value) for name, value in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})
    (told,) = told_apart(folder, 4, levels=(0.9,))
    assert (told.right, told.more) == (0.0, 0.0)


def test_a_line_a_level_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--n", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "noise"
    assert [line.split()[0] for line in lines[1:]] == ["0.95", "0.9", "0.8", "0.6"]
    assert all(re.search(r"%\s+0\.\d{4}\s+[+-]0\.\d{4}$", line) for line in lines[1:])
