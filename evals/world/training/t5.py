"""tiny-flux's T5 is trained by itself, before the flow: which words of a caption belong together.

FLUX's T5 was trained on text, and a word's embedding depends on the words beside it. Ours, trained with
the flow, took each word by itself: where two things swapped colours in a caption, the embedding of no
other word changed, so a plain prompt of two things was a bag of words. Here it learns, on captions alone,
that the colour and the kind of a thing belong together, and with them where it stands: each of these words
is embedded as the sum of all, in the space that the transformer knows. As in FLUX, the flow doesn't train T5
after that.
"""

import copy
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from transformers import T5EncoderModel
from transformers.models.t5.modeling_t5 import T5Attention

from evals.world.captions import caption, crop_caption
from evals.world.facts import pick, sample_composition
from evals.world.training.data import PAIR_TOKENS, Batches, pair_caption
from evals.world.training.mentions import FIELDS, RELATIONS, find_mentions
from evals.world.training.progress import Curve
from evals.world.training.text import TEXT_TOKENS, text_encoders, tokenizers

NEIGHBOUR_HEADS: tuple[tuple[int, Literal["before", "behind"], float], ...] = (
    (0, "before", 0.7),
    (3, "before", 0.2),
    (5, "behind", 0.7),
)
"""Heads that look at words nearby: on which side, and how fast the logit falls with the distance.

They are those without which the flow's loss rose least: from 0.568 at a noise of 0.95 to 0.568, 0.572 and
0.577, where each of the others took it to 0.581 or more.
"""

NO_ATTENTION = -8.0
"""Bias of the tokens that such a head should not look at: of 96 tokens of even weight it leaves 3 %."""

SEEDS = 40_000_000
"""First seed of the compositions whose captions are read."""

TOKENS, LENGTHS = 1152, (PAIR_TOKENS, 24, 48, TEXT_TOKENS)
"""Tokens in a step, and the lengths that captions are padded to."""

RATE, WARM_UP = 1e-3, 50
"""Learning rate, falling in a straight line to none, and the steps in which it rises."""

SIDE_LENGTH = 0.8
"""Length of a direction, as a share of a word's embedding."""

T5Batch = tuple[Tensor, Tensor, Tensor]
"""Token ids (B, L), and their `targets`: (B, L, L) and (B, L, 2)."""


class Captions(Batches[T5Batch]):
    """So many batches of captions: of whole pictures, of crops and of two things in few words."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> T5Batch:
        rng = np.random.default_rng((12, index))
        length = pick(rng, LENGTHS)
        ids = tokenizers()([_text(rng, length) for _ in range(TOKENS // length)], length=length)[1]
        return ids, *targets(ids)


def _text(rng: np.random.Generator, length: int) -> str:
    composition = sample_composition(SEEDS + int(rng.integers(1 << 20)))
    if length > LENGTHS[1]:
        return caption(composition, int(rng.integers(1 << 30)))
    things = composition.things[: int(rng.integers(1, 4))]
    if length == PAIR_TOKENS and len(things) > 1:
        return pair_caption(things[0], things[1], rng)
    return crop_caption(things, composition.setting, rng)


def targets(ids: Tensor) -> tuple[Tensor, Tensor]:
    """For ids (B, L): which embeddings each token's target adds up (B, L, L), and its side (B, L, 2)."""
    adds, sides = torch.eye(ids.shape[1]).repeat(len(ids), 1, 1), torch.zeros(*ids.shape, 2)
    for one, side, row in zip(adds, sides, ids.tolist(), strict=True):
        for mention in find_mentions(row):
            tokens = torch.tensor([*mention.name, *mention.place])
            one[tokens] = 0
            one[tokens[:, None], torch.tensor(mention.name)] = 1
            side[tokens] = torch.tensor(mention.side, dtype=torch.float32)
    return adds, sides


def target_features(features: Tensor, adds: Tensor, sides: Tensor, directions: Tensor) -> Tensor:
    """The embedding that each token should have (B, L, D).

    It adds up those `features` (B, L, D) that `adds` (B, L, L) says, and its `sides` (B, L, 2) of the
    `directions` right and down (2, D). It keeps its length, which T5's last layer sets.
    """
    both = adds @ features + sides @ directions
    return both * (features.norm(dim=-1, keepdim=True) / both.norm(dim=-1, keepdim=True))


@torch.no_grad()
def directions_of(t5: T5EncoderModel) -> Tensor:
    """The directions right and down in T5's space (2, D): the words for each, less those for the contrary."""
    sides = FIELDS | RELATIONS
    ids = tokenizers()(list(sides), length=2)[1]
    features = t5(ids.to(t5.device)).last_hidden_state[:, 0]
    towards = torch.tensor(list(sides.values()), dtype=features.dtype, device=features.device)
    directions = (towards / towards.abs().sum(0)).T @ features
    return directions * (SIDE_LENGTH * features.norm(dim=-1).mean() / directions.norm(dim=-1, keepdim=True))


@torch.no_grad()
def reset_neighbour_heads(t5: T5EncoderModel, seed: int = 0) -> None:
    """Make the heads of `NEIGHBOUR_HEADS` new ones that look at the words before or behind, in place.

    T5's positions are biases of its first layer's, which training with the flow left near none.
    """
    _, fresh = text_encoders(seed)
    table = _attention(t5, 0).relative_attention_bias.weight
    for head, side, slope in NEIGHBOUR_HEADS:
        table[:, head] = biases(side, slope)
        size = t5.config.d_kv
        rows = slice(head * size, (head + 1) * size)
        for layer in range(t5.config.num_layers):
            old, new = _attention(t5, layer), _attention(fresh, layer)
            for name in "qkv":
                getattr(old, name).weight[rows] = getattr(new, name).weight[rows]
            old.o.weight[:, rows] = new.o.weight[:, rows]


def _attention(t5: T5EncoderModel, layer: int) -> T5Attention:
    return t5.encoder.block[layer].layer[0].SelfAttention  # pyright: ignore[reportAttributeAccessIssue, reportIndexIssue]


def biases(side: Literal["before", "behind"], slope: float) -> Tensor:
    """A head's biases, (32,) by T5's buckets of distance."""
    table = torch.full((32,), NO_ATTENTION)
    for distance in range(TEXT_TOKENS, 0, -1):
        place = torch.tensor(-distance if side == "before" else distance)
        bucket = T5Attention._relative_position_bucket(place)  # pyright: ignore[reportPrivateUsage]
        table[bucket] = max(NO_ATTENTION, -slope * (distance - 1))
    return table


def train_t5(
    t5: T5EncoderModel, batches: Iterator[T5Batch], steps: int, device: torch.device, curve: Curve
) -> T5EncoderModel:
    """A copy of `t5` that embeds the words that belong together as their sum; `t5` stays as it is."""
    teacher, learner = t5.to(device).eval(), copy.deepcopy(t5).to(device)  # pyright: ignore[reportArgumentType]
    reset_neighbour_heads(learner)
    optimizer = torch.optim.AdamW(learner.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.0)
    directions = directions_of(teacher)
    for step, batch in zip(range(steps), batches, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM_UP) * (1 - step / steps)
        ids, adds, sides = (part.to(device) for part in batch)
        with torch.no_grad():
            target = target_features(teacher(ids).last_hidden_state, adds, sides, directions)
        squares = (learner(ids).last_hidden_state - target).square().mean(-1)
        named = (adds.sum(-1) > 1).float()
        # Words count three times as much as padding, those of things nine times.
        counts = 1 + 2 * (ids != teacher.config.pad_token_id) + 6 * named
        loss = (squares * counts).sum() / counts.sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        curve.add(step, loss=loss, things=(squares * named).sum() / named.sum().clamp(min=1))
    return learner.eval()
