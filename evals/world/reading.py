"""tiny-flux's T5 learns to read before pictures teach it: which words of a caption say the same thing.

FLUX's T5 was trained on text, and a word comes out of it with those beside it. Ours, trained with the flow,
took each word by itself: where two things change colours in a caption, no other word comes out otherwise,
so a plain prompt of two things is a bag of words. Here it learns, on captions alone, that the colour and
the kind of a thing belong together: each of these words comes out as their sum, in the language that the
transformer knows. As FLUX's it isn't trained with the flow after that.
"""

import copy
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from transformers import T5EncoderModel
from transformers.models.t5.modeling_t5 import T5Attention

from evals.world import words
from evals.world.caption import caption, crop_caption, two_in_few_words
from evals.world.data import PAIR_TOKENS, Batches
from evals.world.phrases import plural
from evals.world.progress import Curve
from evals.world.tableau import pick, sample_tableau
from evals.world.text import TEXT_TOKENS, text_encoders, tokenizers

REACH = 4
"""Tokens at most between a thing's colour and its kind: words that the world doesn't know may stand there."""

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
"""First seed of the tableaux whose captions are read."""

TOKENS, LENGTHS = 1152, (PAIR_TOKENS, 24, 48, TEXT_TOKENS)
"""What a step reads, and the lengths that captions are padded to."""

RATE, WARM_UP = 1e-3, 50
"""Learning rate, falling in a straight line to none, and the steps in which it rises."""

Read = tuple[Tensor, Tensor]
"""Token ids (B, L), and which two different ones of them say the same thing (B, L, L)."""


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
        return ids, together(ids)


def _text(rng: np.random.Generator, length: int) -> str:
    tableau = sample_tableau(SEEDS + int(rng.integers(1 << 20)))
    if length > LENGTHS[1]:
        return caption(tableau, int(rng.integers(1 << 30)))
    things = tableau.things[: int(rng.integers(1, 4))]
    if length == PAIR_TOKENS and len(things) > 1:
        return two_in_few_words(things[0], things[1], rng)
    return crop_caption(things, tableau.setting, rng)


def together(ids: Tensor) -> Tensor:
    """1 where two different tokens of a caption say the same thing, (B, L, L) for ids (B, L)."""
    found = torch.zeros(*ids.shape, ids.shape[1])
    for one, row in zip(found, ids.tolist(), strict=True):
        for tokens in things_in(row):
            one[torch.tensor(tokens)[:, None], torch.tensor(tokens)] = 1
    return found * (1 - torch.eye(ids.shape[1]))


def things_in(ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Of each thing that a caption of T5's tokens names by colour and kind: where these words stand."""
    kinds, colours = (_runs(ids, known) for known in _known())
    for colour in colours:
        kind = next((kind for kind in kinds if _describes(ids, colour, kind)), None)
        if kind is not None:
            kinds.remove(kind)
            yield *colour, *kind


def _describes(ids: Sequence[int], colour: tuple[int, ...], kind: tuple[int, ...]) -> bool:
    """Whether a colour is a kind's: "a red star", "a star that is red"."""
    ends, link = _joints()
    if kind[0] < colour[0]:
        return tuple(ids[kind[-1] + 1 : colour[0]]) == link
    between = ids[colour[-1] + 1 : kind[0]]
    linked = tuple(ids[max(0, colour[0] - len(link)) : colour[0]]) == link
    return len(between) <= REACH and not ends & set(between) and not linked


def _runs(ids: Sequence[int], known: frozenset[int]) -> list[tuple[int, ...]]:
    """Stretches of known tokens, each the numbers of its places."""
    stretches = groupby(range(len(ids)), key=lambda place: ids[place] in known)
    return [tuple(places) for inside, places in stretches if inside]


@cache
def _known() -> tuple[frozenset[int], frozenset[int]]:
    """T5's tokens of the words for kinds and for colours."""
    said = {word for many in words.KIND_WORDS.values() for word in many}
    kinds = _tokens(said | {plural(word) for word in said})
    return kinds, _tokens({word for many in words.COLOUR_WORDS.values() for word in many}) - kinds


@cache
def _joints() -> tuple[frozenset[int], tuple[int, ...]]:
    """T5's tokens of what ends a phrase, and of what links a kind to a colour behind it."""
    t5 = tokenizers().t5
    return _tokens({",", ".", "and"}), tuple(t5("that is", add_special_tokens=False).input_ids)


def _tokens(texts: set[str]) -> frozenset[int]:
    special = set(tokenizers().t5.all_special_ids)
    return frozenset(token for text in texts for token in tokenizers().t5(text).input_ids) - special


def shared(read: Tensor, same: Tensor) -> Tensor:
    """What is read of each token (B, L, D) added up over those that say the `same` thing (B, L, L).

    It keeps its length, which T5's last layer sets.
    """
    both = read + same @ read
    return both * (read.norm(dim=-1, keepdim=True) / both.norm(dim=-1, keepdim=True))


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
    return t5.encoder.block[layer].layer[0].SelfAttention  # pyright: ignore


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
    teacher, learner = t5.to(device).eval(), copy.deepcopy(t5).to(device)  # pyright: ignore
    look_nearby(learner)
    optimizer = torch.optim.AdamW(learner.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.0)
    for step, (ids, same) in zip(range(steps), batches, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM_UP) * (1 - step / steps)
        loss, apart = _loss(teacher, learner, ids.to(device), same.to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        curve.add(step, loss=loss, things=apart)
    return learner.eval()


def _loss(
    teacher: T5EncoderModel, learner: T5EncoderModel, ids: Tensor, same: Tensor
) -> tuple[Tensor, Tensor]:
    """The mean square by which the learner misses, over all tokens and over things' alone.

    Words count three times as much as padding, those of things nine times.
    """
    with torch.no_grad():
        target = shared(teacher(ids).last_hidden_state, same)
    squares = (learner(ids).last_hidden_state - target).square().mean(-1)
    named = same.any(-1).float()
    counts = 1 + 2 * (ids != teacher.config.pad_token_id) + 6 * named
    return (squares * counts).sum() / counts.sum(), (squares * named).sum() / named.sum().clamp(min=1)
