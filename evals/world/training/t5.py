"""tiny-flux's T5 learns to read before pictures teach it: which words of a caption say the same thing.

FLUX's T5 was trained on text, and a word comes out of it with those beside it. Ours, trained with the flow,
took each word by itself: where two things change colours in a caption, no other word comes out otherwise,
so a plain prompt of two things is a bag of words. Here it learns, on captions alone, that the colour and
the kind of a thing belong together, and with them where it stands: each of these words comes out as the sum
of all, in the language that the transformer knows. As FLUX's it isn't trained with the flow after that.
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
from evals.world.training.data import PAIR_TOKENS, Batches, two_in_few_words
from evals.world.training.mentions import FIELDS, RELATIONS, things_in
from evals.world.training.progress import Curve
from evals.world.training.text import TEXT_TOKENS, text_encoders, tokenizers

NEARBY: tuple[tuple[int, Literal["before", "behind"], float], ...] = (
    (0, "before", 0.7),
    (3, "before", 0.2),
    (5, "behind", 0.7),
)
"""Heads that look at words nearby: on which side, and how fast the logit falls with the distance.

They are those without which the flow's loss rose least: from 0.568 at a noise of 0.95 to 0.568, 0.572 and
0.577, where each of the others took it to 0.581 or more.
"""

NOT_AT_ALL = -8.0
"""Bias of what such a head is not to look at: of 96 tokens of even weight it leaves 3 %."""

SEEDS = 40_000_000
"""First seed of the compositions whose captions are read."""

TOKENS, LENGTHS = 1152, (PAIR_TOKENS, 24, 48, TEXT_TOKENS)
"""What a step reads, and the lengths that captions are padded to."""

RATE, WARM_UP = 1e-3, 50
"""Learning rate, falling in a straight line to none, and the steps in which it rises."""

LEANING = 0.8
"""Length of what says that a thing leans to a side, as a share of a word's."""

Read = tuple[Tensor, Tensor, Tensor]
"""Token ids (B, L), and what they are to say, as `together` tells it (B, L, L) and (B, L, 2)."""


class Captions(Batches[Read]):
    """So many batches of captions: of whole pictures, of crops and of two things in few words."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Read:
        rng = np.random.default_rng((12, index))
        length = pick(rng, LENGTHS)
        ids = tokenizers()([_text(rng, length) for _ in range(TOKENS // length)], length=length)[1]
        return ids, *together(ids)


def _text(rng: np.random.Generator, length: int) -> str:
    composition = sample_composition(SEEDS + int(rng.integers(1 << 20)))
    if length > LENGTHS[1]:
        return caption(composition, int(rng.integers(1 << 30)))
    things = composition.things[: int(rng.integers(1, 4))]
    if length == PAIR_TOKENS and len(things) > 1:
        return two_in_few_words(things[0], things[1], rng)
    return crop_caption(things, composition.setting, rng)


def together(ids: Tensor) -> tuple[Tensor, Tensor]:
    """For ids (B, L) what each token is to say: 1 for the tokens whose readings it adds up (B, L, L), and how
    far it leans to the right and down (B, L, 2).
    """
    adds, leans = torch.eye(ids.shape[1]).repeat(len(ids), 1, 1), torch.zeros(*ids.shape, 2)
    for one, lean, row in zip(adds, leans, ids.tolist(), strict=True):
        for thing in things_in(row):
            said = torch.tensor([*thing.words, *thing.places])
            one[said] = 0
            one[said[:, None], torch.tensor(thing.words)] = 1
            lean[said] = torch.tensor(thing.lean, dtype=torch.float32)
    return adds, leans


def shared(read: Tensor, adds: Tensor, leans: Tensor, sides: Tensor) -> Tensor:
    """What each token is to say (B, L, D): what is read of the tokens that it `adds` up (B, L, L), of read
    (B, L, D), and how it `leans` (B, L, 2), in what says right and down, `sides` (2, D).

    It keeps its length, which T5's last layer sets.
    """
    both = adds @ read + leans @ sides
    return both * (read.norm(dim=-1, keepdim=True) / both.norm(dim=-1, keepdim=True))


@torch.no_grad()
def sides_of(t5: T5EncoderModel) -> Tensor:
    """What says right and what says down in T5's language, (2, D): its words for that less the contrary."""
    leans = FIELDS | RELATIONS
    ids = tokenizers()(list(leans), length=2)[1]
    read = t5(ids.to(t5.device)).last_hidden_state[:, 0]
    towards = torch.tensor(list(leans.values()), dtype=read.dtype, device=read.device)
    sides = (towards / towards.abs().sum(0)).T @ read
    return sides * (LEANING * read.norm(dim=-1).mean() / sides.norm(dim=-1, keepdim=True))


@torch.no_grad()
def look_nearby(t5: T5EncoderModel, seed: int = 0) -> None:
    """Make the heads of `NEARBY` new ones that look at the words before or behind, in place.

    T5's positions are biases of its first layer's, which training with the flow left near none.
    """
    _, fresh = text_encoders(seed)
    table = _attention(t5, 0).relative_attention_bias.weight
    for head, side, slope in NEARBY:
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
    table = torch.full((32,), NOT_AT_ALL)
    for distance in range(TEXT_TOKENS, 0, -1):
        place = torch.tensor(-distance if side == "before" else distance)
        bucket = T5Attention._relative_position_bucket(place)  # pyright: ignore[reportPrivateUsage]
        table[bucket] = max(NOT_AT_ALL, -slope * (distance - 1))
    return table


def teach(
    t5: T5EncoderModel, batches: Iterator[Read], steps: int, device: torch.device, curve: Curve
) -> T5EncoderModel:
    """A T5 that reads words as `t5` does, and those that say the same thing as one; `t5` stays as it is."""
    teacher, learner = t5.to(device).eval(), copy.deepcopy(t5).to(device)  # pyright: ignore[reportArgumentType]
    look_nearby(learner)
    optimizer = torch.optim.AdamW(learner.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.0)
    sides = sides_of(teacher)
    for step, read in zip(range(steps), batches, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM_UP) * (1 - step / steps)
        loss, apart = _loss(teacher, learner, sides, *(part.to(device) for part in read))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        curve.add(step, loss=loss, things=apart)
    return learner.eval()


def _loss(
    teacher: T5EncoderModel, learner: T5EncoderModel, sides: Tensor, ids: Tensor, adds: Tensor, leans: Tensor
) -> tuple[Tensor, Tensor]:
    """The mean square by which the learner misses, over all tokens and over things' alone.

    Words count three times as much as padding, those of things nine times.
    """
    with torch.no_grad():
        target = shared(teacher(ids).last_hidden_state, adds, leans, sides)
    squares = (learner(ids).last_hidden_state - target).square().mean(-1)
    named = (adds.sum(-1) > 1).float()
    counts = 1 + 2 * (ids != teacher.config.pad_token_id) + 6 * named
    return (squares * counts).sum() / counts.sum(), (squares * named).sum() / named.sum().clamp(min=1)
