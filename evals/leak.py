"""`python -m evals.leak`: how far a LoRA of one region shows in the other, by settings.

A weak random LoRA is given to the left half of tiny-flux's picture. Told is the change of the right half's
latents as a share of that of the left half's: median and quartiles over seeds, since a seed where the left
half hardly changes has a share of any size.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from peft import LoraConfig
from torch import Tensor

from renderer.cards import model_card
from renderer.models import Model, load_model
from renderer.regional import Conditioning, RegionalSettings, flux_timesteps, regional

STEPS = 8
STRENGTH = 0.02
"""Standard deviation of the LoRA's weights: weak, so that changes are small beside the picture."""

QUARTILES = (0.25, 0.5, 0.75)

TARGETS = (
    *("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"),
    *("net.0.proj", "net.2", "proj_mlp", "proj_out"),
)
OWNER = np.repeat(np.arange(2, dtype=np.int16), 4)[None].repeat(8, axis=0)
PROMPTS = ("a red heart on the grass and a blue ring", "a red heart", "a blue ring", "")


@dataclass(frozen=True)
class Arm:
    """A way to draw; `negative` is true CFG's second pass, and whether it has regions."""

    base_ratio: float = 0.0
    inject_steps: int = STEPS
    interval: int = 1
    one_stream: bool = False
    negative: Literal["none", "plain", "regional"] = "none"

    def settings(self) -> RegionalSettings:
        """The regional ones."""
        return RegionalSettings(
            self.base_ratio, self.inject_steps, self.interval, self.interval, self.one_stream
        )


ARMS = (
    Arm(),
    Arm(0.1),
    Arm(0.2),
    Arm(0.3),
    Arm(0.5),
    Arm(0.2, one_stream=True),
    Arm(inject_steps=STEPS // 2),
    Arm(interval=2),
    Arm(negative="plain"),
    Arm(negative="regional"),
    Arm(0.2, negative="regional"),
)


def add_lora(model: Model, seed: int) -> None:
    """A random LoRA named style."""
    transformer: Any = model.pipeline.transformer
    transformer.add_adapter(
        LoraConfig(r=4, lora_alpha=4, target_modules=list(TARGETS), init_lora_weights=False), "style"
    )
    noise = torch.Generator().manual_seed(seed)
    for name, parameter in transformer.named_parameters():
        if ".style." in name:
            parameter.data.normal_(std=STRENGTH, generator=noise)


def leak(model: Model, embeds: Tensor, pooled: Tensor, arm: Arm, seed: int) -> float:
    """The right half's change by the left half's LoRA, as a share of the left half's."""
    transformer: Any = model.pipeline.transformer
    transformer.enable_adapters()
    styled = _latents(model, embeds, pooled, arm, seed)
    transformer.disable_adapters()
    change = (styled - _latents(model, embeds, pooled, arm, seed))[0].unflatten(0, (8, 8))
    return float(change[:, 4:].norm() / change[:, :4].norm())


@torch.inference_mode()
def _latents(model: Model, embeds: Tensor, pooled: Tensor, arm: Arm, seed: int) -> Tensor:
    base, left, right, nothing = embeds.split(1)
    negative = Conditioning((nothing, nothing), nothing) if arm.negative == "regional" else None
    timesteps = flux_timesteps(model.pipeline.scheduler, STEPS, OWNER.size)
    pipeline: Any = model.pipeline
    with regional(
        pipeline.transformer,
        OWNER,
        Conditioning((left, right), base),
        arm.settings(),
        timesteps,
        lora_regions={"style": {0}},
        negative=negative,
    ):
        return pipeline(
            prompt_embeds=base,
            pooled_prompt_embeds=pooled[:1],
            negative_prompt_embeds=nothing,
            negative_pooled_prompt_embeds=pooled[-1:],
            true_cfg_scale=1.0 if arm.negative == "none" else 2.0,
            height=128,
            width=128,
            num_inference_steps=STEPS,
            output_type="latent",
            generator=torch.Generator().manual_seed(seed),
        ).images


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line an arm; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.leak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=16)
    seeds: int = parser.parse_args(arguments).seeds
    model = load_model(model_card("tiny"))
    pipeline: Any = model.pipeline
    embeds, pooled, _ = pipeline.encode_prompt(list(PROMPTS), list(PROMPTS), max_sequence_length=64)
    add_lora(model, seed=1)
    for arm in ARMS:
        low, middle, high = np.quantile(
            [leak(model, embeds, pooled, arm, seed) for seed in range(seeds)], QUARTILES
        )
        print(
            f"β {arm.base_ratio:.1f}  T {arm.inject_steps}/{STEPS}  interval {arm.interval}  "
            f"{'one stream' if arm.one_stream else 'two streams'}  negative pass {arm.negative:8}  "
            f"leak {middle:.2f} ({low:.2f} to {high:.2f})",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
