"""A LoRA of a style for tiny-flux: `python -m evals.world.lora --out runs/lora` (minutes of one core).

It is shown the little world with all things outlined, in the captions of the world: no word names the style,
so that it is the LoRA's alone. What is written, outlined.safetensors, is a LoRA as diffusers writes them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxPipeline
from peft import LoraConfig, get_peft_model_state_dict

from evals.world.course import Course
from evals.world.flow import TinyFlux
from evals.world.guests import kept_pool, parse, shipped, train
from evals.world.styles import outlined
from evals.world.text import TEXT_TOKENS

NAME = "outlined.safetensors"

SHIPPED = Path(__file__).with_name(NAME)
"""What this wrote, as it ships."""

RANK = 8
TARGETS = (
    *("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"),
    *("net.0.proj", "net.2", "proj_mlp", "proj_out"),
)
"""Attention and feed-forward layers: those that act on tokens, so that all of it can be a region's."""

COURSES = (
    Course(
        300,
        (("tight", 0.3), ("loose", 0.4), ("whole", 0.3)),
        (24, TEXT_TOKENS),
        0.3,
        900,
        (3e-3, 3e-5),
    ),
    # The first shows the style faintly; near by, where outlines are large, it becomes plain.
    Course(500, (("tight", 0.6), ("loose", 0.4)), (16, 24), 0.3, 600, (3e-3, 3e-5)),
)


def add_lora(model: TinyFlux) -> None:
    """A LoRA named style, which changes nothing before it is trained and alone is to be trained."""
    torch.manual_seed(0)
    config: Any = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=list(TARGETS))
    model.transformer.add_adapter(config, "style")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    run = parse("lora", __doc__, 768, "runs/lora", arguments)
    model = shipped()
    add_lora(model)
    train(model, kept_pool(run, outlined), COURSES, run)
    state: Any = get_peft_model_state_dict(model.transformer, adapter_name="style")
    layers = {name: weight.half() for name, weight in state.items()}
    FluxPipeline.save_lora_weights(run.out, transformer_lora_layers=layers, weight_name=NAME)


if __name__ == "__main__":
    main()
