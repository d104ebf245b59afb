"""What regions cost in every model that has a short name, at its real size."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from torch.utils.flop_counter import FlopCounterMode

from evals.speed import family_counts
from evals.speed.__main__ import COUNTS, main
from evals.speed.counts import MetaAnswers, Operations
from evals.speed.families import COUNTED, FEW, Cell, depths, made, opened
from evals.speed.family_counts import operations, peak_bytes, seconds
from evals.speed.inputs import EARLY
from renderer.catalog import KNOWN

TWINS = {
    "flux2-klein-base": "flux2-klein",
    "krea2-turbo": "krea2",
    "z-image-turbo": "z-image",
}
"""Models whose transformer is built as another's, and given prompts as long."""

DISTINCT = [name for name in COUNTED if name not in {*TWINS, "flux-schnell"}]
"""One model of each transformer."""

PADDED_OVER = {"flux-schnell": 1.11, "sd3.5-large": 1.12}
"""Models that miss 1.10: prompts of schnell are padded to 256 tokens alone, and those of Stable Diffusion
each bring 77 of CLIP's, in every region.
"""

TRIMMED_OVER = {
    "flux-schnell": 1.17,
    "flux2-klein": 1.17,
    "krea2": 1.11,
    "krea2-turbo": 1.21,
    "sd3.5-large": 1.18,
    "z-image-turbo": 1.17,
}
"""Models that miss 1.10 where plain has no padding either, most since three steps of four are regional."""


@cache
def counts(name: str) -> list[Operations]:
    """Of plain from a padded prompt, from a trimmed one, and of sixteen regions."""
    known = COUNTED[name]
    padded, trimmed = made(known).lengths
    return [*operations(known, (Cell(padded, 0), Cell(trimmed, 0), Cell(trimmed, 16))).values()]


def runs(name: str) -> list[int]:
    """The same, of whole runs."""
    recipe = COUNTED[name].recipe
    injected = recipe.injected()
    return [
        injected * own.injected + (recipe.steps - injected) * own.after
        for own in counts(TWINS.get(name, name))
    ]


def test_every_short_name_is_counted() -> None:
    assert [*COUNTED] == [known.name for known in KNOWN]


@pytest.mark.parametrize("name", COUNTED)
def test_the_catalog_names_the_parameters_that_are_counted(name: str) -> None:
    assert made(COUNTED[name]).parameters / 1e9 == pytest.approx(COUNTED[name].billions[0], abs=0.051)


@pytest.mark.parametrize("name", COUNTED)
def test_whole_runs_by_sixteen_regions_keep_what_is_promised(name: str) -> None:
    padded, trimmed, fast = runs(name)
    assert fast <= PADDED_OVER.get(name, 1.10) * padded
    assert fast <= TRIMMED_OVER.get(name, 1.10) * trimmed


def test_what_is_multiplied_is_what_all_blocks_take() -> None:
    known = COUNTED["flux2-klein"]
    cell = Cell(64, 4)
    model = made(known)
    with opened(model, cell) as step, MetaAnswers(EARLY), FlopCounterMode(display=False) as counter:
        step(EARLY)
    assert operations(known, [cell])[cell].injected == counter.get_total_flops()


@pytest.mark.parametrize("name", DISTINCT)
def test_memory_above_plain_does_not_grow_with_the_square_of_the_tokens(name: str) -> None:
    """Of sizes in even steps, what grows linearly has no second difference."""
    known = COUNTED[name]
    model = made(known, dict.fromkeys(depths(known), FEW))
    sizes = [
        peak_bytes(tall, Cell(model.lengths[1], 16)) - peak_bytes(tall, Cell(model.lengths[1], 0))
        for tall in (replace(model, rows=rows) for rows in (64, 128, 192))
    ]
    assert abs(sizes[2] - 2 * sizes[1] + sizes[0]) <= 0.01 * sizes[0]


SMALL: Mapping[str, Mapping[str, Any]] = {
    "flux-dev": {"axes_dims_rope": (4, 6, 6), "joint_attention_dim": 32, "pooled_projection_dim": 24},
    "qwen-image": {"axes_dims_rope": (4, 6, 6), "joint_attention_dim": 32},
    "sd3.5-large": {"caption_projection_dim": 32, "joint_attention_dim": 32, "pooled_projection_dim": 24},
}


@pytest.mark.parametrize("name", SMALL)
def test_steps_are_timed_on_random_weights(name: str) -> None:
    known = COUNTED[name]
    small = {**SMALL[name], **dict.fromkeys(depths(known), FEW)}
    model = made(known, {**small, "num_attention_heads": 2, "attention_head_dim": 16}, "cpu")
    model = replace(model, rows=8, columns=8)
    found = seconds(model, [Cell(16, 0), Cell(16, 4)], rounds=2)
    assert all(own > 0 for pair in found.values() for own in pair)


def test_without_a_gpu_the_counts_are_printed_and_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(family_counts, "REGIONS", (2,))
    assert main(["--preset", "flux-dev", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "flux-dev: 11.90 billion parameters, 10 of 24 steps by regions" in printed
    assert "| 2       | 0.99 / 1.12" in printed
    assert "they need a CUDA device" in printed
    [line] = json.loads((tmp_path / COUNTS).read_text("utf-8"))["lines"]
    assert (line["regions"], line["times"]) == (2, [])
    with pytest.raises(SystemExit):
        main(["--preset", "flux-dev", "--out", str(tmp_path), "--compile"])
