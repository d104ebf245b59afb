"""A LoRA of a style for tiny-flux: `python -m evals.world.training.lora --out runs/lora` (minutes).

It is trained on pictures of the little world in which every thing is an outline. The captions are the world's
own: no word names the style, so only the LoRA can carry it. The result, outlined.safetensors, is a LoRA as
diffusers writes them.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, FluxPipeline
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image, ImageChops, ImageFilter, ImageOps
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from evals.world.draw import backdrop, paste_sprite, sprite_of
from evals.world.facts import COLOURS, Composition
from evals.world.training.curriculum import Phase, shortened, total_steps
from evals.world.training.data import CaptionedBatches, Pictures, loader
from evals.world.training.flow import (
    TinyFlux,
    add_noise,
    encode_pool,
    flow_loss,
    learning_rate,
    token_weights,
)
from evals.world.training.progress import Curve
from evals.world.training.text import TEXT_TOKENS
from renderer.cards import TINY

NAME = "outlined.safetensors"

SHIPPED = Path(__file__).parents[1] / NAME
"""The LoRA that ships."""

CONTOUR = 6
"""Width of an outline in pixels: the autoencoder carries it, and it leaves the smallest things open."""

RANK = 8
TARGETS = (
    *("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"),
    *("net.0.proj", "net.2", "proj_mlp", "proj_out"),
)
"""Attention and feed-forward layers: they act on single tokens, so that a region can have the whole LoRA."""

PHASES = (
    Phase(
        300,
        (("tight", 0.3), ("loose", 0.4), ("whole", 0.3)),
        (24, TEXT_TOKENS),
        0.3,
        900,
        (3e-3, 3e-5),
    ),
    # The first shows the style faintly; close-ups, where outlines are large, make it plain.
    Phase(500, (("tight", 0.6), ("loose", 0.4)), (16, 24), 0.3, 600, (3e-3, 3e-5)),
)

POOL_SEEDS = 40_000_000
"""First seed of the pictures: no other stage of the training and no check uses them."""

AT_ONCE = 16
"""Pictures that are encoded together."""


@dataclass(frozen=True)
class Run:
    """The options of the command line."""

    out: Path
    pool: int
    shorten: int
    every: int


def outlined(composition: Composition) -> Image.Image:
    """The picture of a composition with only the contour of each thing: what lies behind it shows inside."""
    picture = Image.fromarray(backdrop(composition.setting, composition.side, composition.seed))
    for thing in composition.things:
        sprite = sprite_of(thing, COLOURS[thing.colour])
        shape = sprite.getchannel("A")
        around = ImageOps.expand(shape, CONTOUR)  # a filter leaves the rim of a picture as it is
        inside = ImageOps.crop(around.filter(ImageFilter.MinFilter(2 * CONTOUR + 1)), CONTOUR)
        sprite.putalpha(ImageChops.subtract(shape, inside))
        paste_sprite(picture, sprite, thing)
    return picture


def add_lora(model: TinyFlux) -> None:
    """Freeze the model and add a LoRA named style; before it is trained, it changes nothing."""
    model.requires_grad_(False)
    torch.manual_seed(0)
    config: Any = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=list(TARGETS))
    model.transformer.add_adapter(config, "style")


def pool_latents(run: Run) -> Tensor:
    """Latents of the outlined pictures, half precision (N, 8, 26, 26); kept in the run's folder."""
    path = run.out / "latents.safetensors"
    if not path.exists():
        vae = AutoencoderKL.from_pretrained(TINY / "vae", torch_dtype=torch.float32)
        pictures = loader(Pictures(run.pool // AT_ONCE, AT_ONCE, POOL_SEEDS, outlined), 0)
        save_file({"latents": encode_pool(vae, pictures, torch.device("cpu"))}, path)
    return load_file(path)["latents"]


def train(model: TinyFlux, latents: Tensor, run: Run) -> None:
    """Train those weights of `model` that are to be trained; an interrupted run goes on where it stopped."""
    phases, checkpoint = shortened(PHASES, run.shorten), run.out / "run.pt"
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), betas=(0.9, 0.98), weight_decay=0.0)
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        with torch.no_grad():
            for name, weight in trained.items():
                weight.copy_(state["trained"][name])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    curve, weights = Curve(run.out / "loss.jsonl", every=min(run.every, 25)), token_weights(latents)
    for step, batch in enumerate(loader(CaptionedBatches(phases, len(latents), POOL_SEEDS), 0, first), first):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(phases, step)
        loss = flow_loss(model, add_noise(batch, latents, weights, torch.Generator().manual_seed(step)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        curve.add(step, loss=loss)
        if (step + 1) % run.every == 0 or step + 1 == total_steps(phases):
            state = {"trained": trained, "optimizer": optimizer.state_dict(), "step": step + 1}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)


def main(arguments: Sequence[str] | None = None) -> None:
    """T5Batch the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m evals.world.training.lora", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/lora"))
    parser.add_argument("--pool", type=int, default=768, help="pictures to train on")
    parser.add_argument("--shorten", type=int, default=1, help="take so many times fewer steps")
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    run = Run(**vars(parser.parse_args(arguments)))
    run.out.mkdir(parents=True, exist_ok=True)
    model = TinyFlux()
    model.start_from(TINY)
    add_lora(model)
    train(model, pool_latents(run), run)
    state: Any = get_peft_model_state_dict(model.transformer, adapter_name="style")
    layers = {name: weight.half() for name, weight in state.items()}
    FluxPipeline.save_lora_weights(run.out, transformer_lora_layers=layers, weight_name=NAME)


if __name__ == "__main__":
    main()
