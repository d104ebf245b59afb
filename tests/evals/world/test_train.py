"""Training from nothing to a pipeline folder, as the command line runs it, in miniature."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline
from safetensors.torch import load_file

from evals.world import train
from evals.world.course import COURSES
from evals.world.train import Run, parse, run_stages

TINY = {
    "device": "cpu",
    "workers": "0",
    "batch": "1",
    "vae-steps": "1",
    "decoder-steps": "1",
    "judge-steps": "2",
    "pool": "64",
}


def tiny(**options: str) -> Run:
    """A run in miniature; underscores stand for hyphens."""
    told = TINY | {name.replace("_", "-"): value for name, value in options.items()}
    return parse([f"--{name}={value}" for name, value in told.items()])


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """The courses with few tokens a step: those for a GPU take a core seconds each."""
    monkeypatch.setattr(train, "COURSES", tuple(replace(course, tokens=500) for course in COURSES))


@pytest.mark.usefixtures("light")
def test_all_stages_and_once_more(tmp_path: Path) -> None:
    run = tiny(out=str(tmp_path), shorten="3000", every="1")
    run_stages(run)
    made = {path: path.read_bytes() for path in tmp_path.rglob("*.safetensors")}
    assert {"vae.safetensors", "detector.safetensors", "latents.safetensors"} <= {p.name for p in made}
    run_stages(run)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.safetensors")} == made
    times = [json.loads(line) for line in (tmp_path / "times.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in times] == ["vae", "decoder", "judge", "flow"] * 2
    pipeline: Any = FluxPipeline.from_pretrained(tmp_path / "pipeline", dtype=torch.float32)
    drawn = pipeline("a red star", num_inference_steps=1, height=64, width=64, max_sequence_length=64)
    assert drawn.images[0].size == (64, 64)


@pytest.mark.usefixtures("light")
def test_a_run_starts_from_another_runs_pipeline(tmp_path: Path) -> None:
    run_stages(tiny(out=str(tmp_path / "a"), stages="flow", shorten="6000"))
    weights = load_file(tmp_path / "a/pipeline/transformer/diffusion_pytorch_model.safetensors")
    start = str(tmp_path / "a/pipeline")
    run_stages(tiny(out=str(tmp_path / "b"), stages="flow", shorten="34000", start_from=start))
    taken = load_file(tmp_path / "b/pipeline/transformer/diffusion_pytorch_model.safetensors")
    assert all(torch.equal(taken[name], value) for name, value in weights.items())
    one, other = (
        load_file(tmp_path / run / "pipeline/vae/diffusion_pytorch_model.safetensors") for run in "ab"
    )
    assert all(torch.equal(other[name], value) for name, value in one.items())


@pytest.mark.parametrize("course", range(1, len(COURSES) + 1))
def test_a_run_leaves_out_the_courses_that_its_weights_have_had(course: int) -> None:
    assert parse(["--from-course", str(course)]).courses == COURSES[course - 1 :]


@pytest.mark.parametrize("wrong", [["--stages", "judge,dance"], ["--from-course", str(len(COURSES) + 1)]])
def test_unknown_stages_and_courses_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse(wrong)
