"""Training from nothing to a pipeline folder, as the command line runs it, in miniature."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline
from safetensors.torch import load_file

from evals.world.training.curriculum import PHASES
from evals.world.training.train import DEFAULTS, Run, parse, run_stages
from renderer.cards import TINY as TINY_WEIGHTS
from renderer.cards import model_card
from renderer.settings import Recipe

pytestmark = pytest.mark.training

TINY = {
    "device": "cpu",
    "workers": "0",
    "batch": "1",
    "vae-steps": "1",
    "decoder-steps": "1",
    "detector-steps": "2",
    "t5-steps": "2",
    "pool": "64",
    "tokens": "500",
}


def tiny(**options: str) -> Run:
    """A run in miniature; underscores stand for hyphens."""
    told = TINY | {name.replace("_", "-"): value for name, value in options.items()}
    return parse([f"--{name}={value}" for name, value in told.items()])


def test_all_stages_and_once_more(tmp_path: Path) -> None:
    run = tiny(out=str(tmp_path), shorten="8000", every="1")
    run_stages(run)
    made = {path: path.read_bytes() for path in tmp_path.rglob("*.safetensors")}
    assert {"vae.safetensors", "detector.safetensors", "latents.safetensors"} <= {p.name for p in made}
    run_stages(run)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.safetensors")} == made
    times = [json.loads(line) for line in (tmp_path / "times.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in times] == ["vae", "decoder", "detector", "t5", "flow"] * 2
    pipeline: Any = FluxPipeline.from_pretrained(tmp_path / "pipeline", dtype=torch.float32)
    drawn = pipeline("a red star", num_inference_steps=1, height=64, width=64, max_sequence_length=64)
    assert drawn.images[0].size == (64, 64)


def test_a_run_starts_from_another_runs_pipeline(tmp_path: Path) -> None:
    run_stages(tiny(out=str(tmp_path / "a"), stages="flow", shorten="8000"))
    weights = load_file(tmp_path / "a/pipeline/transformer/diffusion_pytorch_model.safetensors")
    start = str(tmp_path / "a/pipeline")
    run_stages(tiny(out=str(tmp_path / "b"), stages="flow", shorten="34000", start_from=start))
    taken = load_file(tmp_path / "b/pipeline/transformer/diffusion_pytorch_model.safetensors")
    assert all(torch.equal(taken[name], value) for name, value in weights.items())
    one, other = (
        load_file(tmp_path / run / "pipeline/vae/diffusion_pytorch_model.safetensors") for run in "ab"
    )
    assert all(torch.equal(other[name], value) for name, value in one.items())


def test_a_t5_that_was_taught_by_itself_is_taken_by_the_flow(tmp_path: Path) -> None:
    out, start = str(tmp_path), str(TINY_WEIGHTS)
    run_stages(tiny(out=out, stages="t5", start_from=start))
    taught = load_file(tmp_path / "t5.safetensors")
    run_stages(tiny(out=out, stages="flow", shorten="34000", start_from=start))
    taken = load_file(tmp_path / "pipeline/text_encoder_2/model.safetensors")
    taught["shared.weight"] = taught.pop("encoder.embed_tokens.weight")  # T5's two names for one table
    assert taken.keys() == taught.keys()
    assert all(torch.equal(taken[name], value.half()) for name, value in taught.items())


@pytest.mark.parametrize("phase", range(1, len(PHASES) + 1))
def test_a_run_leaves_out_the_courses_that_its_weights_have_had(phase: int) -> None:
    assert parse(["--from-phase", str(phase)]).phases == PHASES[phase - 1 :]


def test_steps_show_as_many_tokens_as_they_are_told_to() -> None:
    phases = parse(["--from-phase", "8", "--tokens", "900", "--shorten", "5"]).phases
    assert [(phase.steps, phase.tokens) for phase in phases] == [(6600, 900), (4800, 900), (2400, 900)]


@pytest.mark.parametrize("wrong", [["--stages", "detector,dance"], ["--from-phase", str(len(PHASES) + 1)]])
def test_unknown_stages_and_courses_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse(wrong)


def test_the_defaults_of_the_checkpoint_that_ships_are_those_that_training_writes() -> None:
    card, own = model_card("tiny"), Recipe.model_validate(DEFAULTS["recipe"])
    assert (card.size.model_dump(), card.recipe) == (DEFAULTS["size"], own)
    assert {name: list(words) for name, words in (card.draws or {}).items()} == DEFAULTS["draws"]
