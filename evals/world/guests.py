"""Training what joins tiny-flux, a LoRA or a ControlNet: its own weights stay as they are."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from evals.world.course import Course, shortened, total
from evals.world.data import Captioned, Pictures, loader
from evals.world.flow import TinyFlux, encode_pool, flow_loss, learning_rate, lesson, token_weights
from evals.world.progress import Curve
from evals.world.tableau import Tableau
from renderer.cards import TINY

POOL_SEEDS = 40_000_000
"""First seed of the pictures: none that another stage of the training or a check sees."""

AT_ONCE = 16
"""Pictures that are encoded together."""

CPU = torch.device("cpu")

Trained = Mapping[str, nn.Parameter]
"""The weights that are trained, by their names."""


@dataclass(frozen=True)
class Run:
    """What a run is told on the command line."""

    out: Path
    pool: int
    shorten: int
    every: int


def parse(
    prog: str, description: str | None, pool: int, out: str, arguments: Sequence[str] | None = None
) -> Run:
    """The command line as a run; its folder is made."""
    parser = argparse.ArgumentParser(prog=f"python -m evals.world.{prog}", description=description)
    parser.add_argument("--out", type=Path, default=Path(out))
    parser.add_argument("--pool", type=int, default=pool, help="pictures to train on")
    parser.add_argument("--shorten", type=int, default=1, help="take so many times fewer steps")
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    run = Run(**vars(parser.parse_args(arguments)))
    run.out.mkdir(parents=True, exist_ok=True)
    return run


def shipped() -> TinyFlux:
    """The transformer and the text encoders that ship, in float32, none of their weights to be trained."""
    model = TinyFlux()
    model.start_from(TINY)
    return model.requires_grad_(False)


def kept_pool(run: Run, paint: Callable[[Tableau], Image.Image]) -> Tensor:
    """The latents of the run's tableaux as `paint` draws them, kept in its folder for when it goes on."""
    path = run.out / f"{paint.__name__}-latents.safetensors"
    if not path.exists():
        save_file({"latents": encoded(run.pool, POOL_SEEDS, paint)}, path)
    return load_file(path)["latents"]


def encoded(number: int, first: int, paint: Callable[[Tableau], Image.Image]) -> Tensor:
    """Latents of pictures of the seeds from `first` on, half precision (N, 8, 16, 16)."""
    vae = AutoencoderKL.from_pretrained(TINY / "vae", torch_dtype=torch.float32)
    return encode_pool(vae, loader(Pictures(number // AT_ONCE, AT_ONCE, first, paint), 0), CPU)


def train(model: nn.Module, latents: Tensor, courses: Sequence[Course], run: Run) -> None:
    """Train those weights of `model` that are to be trained.

    `model` is called as `TinyFlux` is. A run that was cut off goes on as if it had not been.
    """
    courses = shortened(courses, run.shorten)
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), betas=(0.9, 0.98), weight_decay=0.0)
    curve, checkpoint = Curve(run.out / "loss.jsonl", every=min(run.every, 25)), run.out / "run.pt"
    first, weights = _load(checkpoint, trained, optimizer), token_weights(latents)
    batches = loader(Captioned(courses, len(latents), POOL_SEEDS), 0, first)
    for step, batch in enumerate(batches, first):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(courses, step)
        loss = flow_loss(model, lesson(batch, latents, weights, torch.Generator().manual_seed(step)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        curve.add(step, loss=loss)
        if (step + 1) % run.every == 0 or step + 1 == total(courses):
            _save(checkpoint, trained, optimizer, step + 1)


def _save(path: Path, trained: Trained, optimizer: torch.optim.Optimizer, step: int) -> None:
    state = {"trained": dict(trained), "optimizer": optimizer.state_dict(), "step": step}
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _load(path: Path, trained: Trained, optimizer: torch.optim.Optimizer) -> int:
    """Take on what `_save` wrote, if anything; returns the steps that are done."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for name, weight in trained.items():
            weight.copy_(state["trained"][name])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"]
