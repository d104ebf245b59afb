"""`python -m evals.world.order`: does a plain prompt say which colour is which thing's?

Unseen pictures of two things of different kinds and colours, with noise. The transformer predicts the
velocity once told what is there and once with the colours changed about: a model that reads captions in their
order does better with the right one; for one to which they are bags of words both are the same.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from evals.world.caption import caption
from evals.world.data import ACROSS, Batch, places
from evals.world.draw import draw
from evals.world.flow import Lesson, TinyFlux, encode_pool, pack, squared_errors, token_weights
from evals.world.tableau import Tableau, sample_tableau
from evals.world.text import tokenizers
from renderer.cards import TINY

SEEDS = 8_000_000
"""First seed of the pictures: below those of training."""

LEVELS = (0.95, 0.9, 0.8, 0.6)
"""Of noise, from 0 to 1: kinds and colours are settled between the first and the last but one."""

TOGETHER = 16
"""Pictures that the transformer sees at once."""


@dataclass(frozen=True)
class Told:
    """At a level of noise, of `n` pictures the share `right` that the right caption explains better.

    `loss` is the mean of the flow's loss with the right caption, `more` what the wrong one adds to it.
    """

    level: float
    n: int
    right: float
    loss: float
    more: float


def told_apart(folder: Path, n: int, levels: Sequence[float] = LEVELS) -> tuple[Told, ...]:
    """How well the pipeline of a folder, of the world's tokenizers, tells right captions from wrong ones."""
    model = TinyFlux()
    model.start_from(folder)
    vae = AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=torch.float32)
    shown = tuple(islice(_of_two(), n))
    pictures = torch.stack([torch.from_numpy(np.array(draw(tableau))) for tableau in shown])
    latents = encode_pool(vae, iter(pictures.split(TOGETHER)), torch.device("cpu"))
    captions = [[caption(t, 0) for t in of] for of in (shown, [changed_about(t) for t in shown])]
    return tuple(_told(model, latents, captions, level) for level in levels)


def changed_about(tableau: Tableau) -> Tableau:
    """The two things of a tableau in each other's colours."""
    one, other = tableau.things
    swapped = replace(one, colour=other.colour), replace(other, colour=one.colour)
    return replace(tableau, things=swapped)


def _of_two() -> Iterator[Tableau]:
    for seed in count(SEEDS):
        tableau = sample_tableau(seed, 2)
        if len({t.kind for t in tableau.things}) == len({t.colour for t in tableau.things}) == 2:
            yield tableau


def _told(model: TinyFlux, latents: Tensor, captions: list[list[str]], level: float) -> Told:
    right, wrong = (_errors(model, latents, texts, level) for texts in captions)
    share = (right < wrong).float().mean().item()
    return Told(level, len(right), share, right.mean().item(), (wrong - right).mean().item())


@torch.no_grad()
def _errors(model: TinyFlux, latents: Tensor, texts: list[str], level: float) -> Tensor:
    """The flow's loss on each picture, (N,), with the same noise whatever is said."""
    clean, shares = pack(latents.float()), token_weights(latents).flatten(1)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    errors: list[Tensor] = []
    for some in torch.arange(len(texts)).split(TOGETHER):
        batch = _batch([texts[i] for i in some])
        lesson = Lesson(batch, clean[some], noise[some], torch.full((len(some),), level), shares[some])
        squares = squared_errors(model, lesson)
        errors.append((squares * lesson.shares).sum(1) / lesson.shares.sum(1))
    return torch.cat(errors)


def _batch(texts: list[str]) -> Batch:
    """Whole pictures with their captions for T5, none for CLIP."""
    window, n = (0, 0, ACROSS, ACROSS), len(texts)
    clip_ids, t5_ids = tokenizers()(texts, [""])
    return Batch(window, torch.arange(n), places(window), clip_ids, torch.zeros(n, dtype=torch.long), t5_ids)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and print a line a level of noise."""
    parser = argparse.ArgumentParser(prog="python -m evals.world.order", description=__doc__)
    parser.add_argument("--model", type=Path, default=TINY, help="a pipeline folder; the one that ships")
    parser.add_argument("--n", type=int, default=200, help="pictures of two things")
    options = parser.parse_args(arguments)
    print("noise  right caption better  loss    with the colours changed about")
    for told in told_apart(options.model, options.n):
        print(f"{told.level:<6} {told.right:<21.1%} {told.loss:<7.4f} {told.more:+.4f}")


if __name__ == "__main__":
    main()
