"""The trained parts as an ordinary `FluxPipeline` folder in half precision."""

import copy
import json
from pathlib import Path
from typing import TypeVar

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline

from evals.world.flow import TinyFlux
from evals.world.tableau import CAST, SIDE
from evals.world.text import TEXT_TOKENS, tokenizers
from evals.world.words import KIND_WORDS

M = TypeVar("M", bound=torch.nn.Module)

DEFAULTS = {
    "size": {"width": SIDE, "height": SIDE},
    "recipe": {
        "steps": 24,
        "guidance_scale": 1.0,
        "true_cfg_scale": 3.0,
        "base_ratio": 0.2,
        "inject_steps": "70%",
        "double_interval": 1,
        "single_interval": 1,
        "max_sequence_length": TEXT_TOKENS,
        "setting_in_regions": True,
        "mode": "one-stream",
    },
    "draws": {kind: list(dict.fromkeys(KIND_WORDS[kind])) for kind in CAST},
}
"""How the program runs the checkpoint where its user says nothing else; stored beside it."""


def export_pipeline(folder: Path, vae: AutoencoderKL, model: TinyFlux) -> None:
    """Write the pipeline folder, with its defaults in scenewright.json."""
    both = tokenizers()
    pipeline = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        vae=_half(vae),
        text_encoder=_half(model.clip),
        tokenizer=both.clip,
        text_encoder_2=_half(model.t5),
        tokenizer_2=both.t5,  # pyright: ignore[reportArgumentType]
        transformer=_half(model.transformer),
    )
    pipeline.save_pretrained(folder)
    (folder / "scenewright.json").write_text(json.dumps(DEFAULTS, indent=2) + "\n")


def _half(module: M) -> M:
    return copy.deepcopy(module).cpu().to(torch.float16)
