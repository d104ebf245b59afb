"""A ControlNet of depth for tiny-flux: `python -m evals.world.control --out runs/control`.

It is shown the little world beside its maps of depth, and starts as a copy of the transformer's first double
block. What is written into the folder is a `FluxControlNetModel` of diffusers; the last line is its check:
the loss on pictures that it has not seen, with their own maps and with those of others.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from diffusers import FluxControlNetModel
from torch import Tensor, nn

from evals.world.course import Course
from evals.world.data import Batch, Captioned, loader
from evals.world.draw import draw
from evals.world.flow import TinyFlux, flow_loss, lesson, pack, token_weights, windowed
from evals.world.guests import encoded, kept_pool, parse, shipped, train
from evals.world.styles import depth
from evals.world.text import TEXT_TOKENS

COURSES = (
    Course(
        200,
        (("tight", 0.2), ("loose", 0.4), ("whole", 0.4)),
        (24, TEXT_TOKENS),
        0.3,
        800,
        (1.5e-3, 2e-5),
    ),
)


UNSEEN, UNSEEN_SEEDS = 64, 42_000_000
"""Pictures that the check is made on, and the first of their seeds."""


class Controlled(nn.Module):
    """The flow with a ControlNet, called as `TinyFlux` is; `controls` are the latents of the pool's maps."""

    def __init__(self, flux: TinyFlux, net: FluxControlNetModel, controls: Tensor) -> None:
        super().__init__()
        self.flux, self.net, self.controls = flux, net, controls

    def forward(self, noisy: Tensor, sigma: Tensor, batch: Batch) -> Tensor:
        """Predicted velocity (B, N, 32) for packed latents (B, N, 32) at noise levels (B,)."""
        told = self.flux.told(noisy, sigma, batch)
        shown = pack(windowed(self.controls, batch.pictures, batch.window, 2))
        double, single = self.net(controlnet_cond=shown, **told)
        return self.flux.transformer(
            controlnet_block_samples=double, controlnet_single_block_samples=single, **told
        )[0]


def new_controlnet(transformer: Any) -> FluxControlNetModel:
    """A ControlNet of one double block, a copy of the transformer's first; untrained, it changes nothing."""
    kind: Any = FluxControlNetModel
    config = transformer.config
    return kind.from_transformer(
        transformer,
        num_layers=1,
        num_single_layers=0,
        attention_head_dim=config["attention_head_dim"],
        num_attention_heads=config["num_attention_heads"],
    )


@dataclass(frozen=True)
class Gap:
    """The loss on `pictures` unseen pictures with their own maps, and with those of others."""

    own: float
    others: float
    pictures: int


@torch.no_grad()
def gap(model: Controlled, latents: Tensor, batches: int, first: int) -> Gap:
    """The gap over so many batches of whole pictures of a pool of `latents`, whose seeds begin at `first`.

    The same captions, noise and levels of noise, twice.
    """
    course = Course(batches, (("whole", 1.0),), (TEXT_TOKENS,), 1.0, 2000, (0.0, 0.0))
    weights, controls, pictures = token_weights(latents), model.controls, 0
    losses = {0: 0.0, 1: 0.0}
    for batch in loader(Captioned([course], len(latents), first), 0):
        pictures += len(batch.pictures)
        for roll in losses:
            model.controls = controls.roll(roll, dims=0)
            noise = torch.Generator().manual_seed(pictures)
            losses[roll] += float(flow_loss(model, lesson(batch, latents, weights, noise))) / batches
    model.controls = controls
    return Gap(losses[0], losses[1], pictures)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    run = parse("control", __doc__, 768, "runs/control", arguments)
    flux = shipped()
    model = Controlled(flux, new_controlnet(flux.transformer), kept_pool(run, depth))
    train(model, kept_pool(run, draw), COURSES, run)
    model.controls = encoded(UNSEEN, UNSEEN_SEEDS, depth)
    check = gap(model, encoded(UNSEEN, UNSEEN_SEEDS, draw), 4, UNSEEN_SEEDS)
    (run.out / "check.json").write_text(json.dumps(asdict(check)) + "\n", "utf-8")
    print(json.dumps(asdict(check)))
    model.net.half().save_pretrained(run.out)


if __name__ == "__main__":
    main()
