"""T5 by itself: which words say the same thing, and that it learns to read them so."""

import copy
import json
from itertools import islice
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor
from transformers import T5EncoderModel

from evals.world.training.data import loader
from evals.world.training.progress import Curve
from evals.world.training.t5 import (
    Captions,
    biases,
    directions_of,
    reset_neighbour_heads,
    target_features,
    targets,
    train_t5,
)
from evals.world.training.text import text_encoders, tokenizers

pytestmark = pytest.mark.training

CPU = torch.device("cpu")


def test_the_words_of_a_thing_add_up_those_for_its_colour_and_kind() -> None:
    ids = tokenizers()(["a red star left of a blue ring", ""], length=12)[1]
    adds, sides = targets(ids)
    assert adds.shape == (2, 12, 12)
    changed = (adds != torch.eye(12)).nonzero().tolist()
    star = [[0, 1, 2], [0, 2, 1], [0, 3, 1], [0, 3, 2], [0, 3, 3]]
    assert changed == [*star, [0, 6, 7], [0, 7, 6]]
    assert sides.nonzero().tolist() == [[0, token, 0] for token in (1, 2, 3, 6, 7)]
    assert sides[0, :, 0].tolist() == [0, -1, -1, -1, 0, 0, 1, 1, 0, 0, 0, 0]


def test_what_is_added_up_keeps_its_length() -> None:
    read = torch.tensor([[[3.0, 0.0], [0.0, 4.0], [1.0, 1.0]]])
    adds = torch.tensor([[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    sides = torch.tensor([[[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]])
    directions = torch.tensor([[0.0, 0.0], [-2.0, 0.0]])
    expected = torch.tensor([[[1.8, 2.4], [2.4, 3.2], [-1.0, 1.0]]])
    torch.testing.assert_close(target_features(read, adds, sides, directions), expected)


def test_what_says_a_side_is_that_of_its_words() -> None:
    t5 = text_encoders()[1]
    right, down = directions_of(t5)
    for side, word, contrary in (
        (right, "right", "left"),
        (down, "lower", "upper"),
        (down, "below", "above"),
    ):
        with torch.no_grad():
            one, other = t5(tokenizers()([word, contrary], length=2)[1]).last_hidden_state[:, 0]
        assert torch.dot(one - other, side) > 0
    torch.testing.assert_close(right.norm(), down.norm())


@pytest.mark.parametrize("side", ["before", "behind"])
def test_a_head_looks_at_one_side_and_less_the_farther(side: Literal["before", "behind"]) -> None:
    table = biases(side, 0.5)
    near = table[1:8] if side == "before" else table[17:24]
    assert near.tolist() == [-0.5 * distance for distance in range(7)]
    others = table[17:] if side == "before" else table[:16]
    assert (others == -8).all()
    assert table[0] == -8, "its own word is in the residual stream"


def test_new_heads_attend_to_the_word_before_or_behind() -> None:
    t5 = text_encoders()[1]
    t5.set_attn_implementation("eager")
    ids = tokenizers()(["a red star and a blue ring"])[1]
    before = attention(t5, ids)
    reset_neighbour_heads(t5)
    after = attention(t5, ids)
    assert (after[:, [0, 3], 2, 1] > 3 * before[:, [0, 3], 2, 1]).all()
    assert (after[:, 5, 2, 3] > 3 * before[:, 5, 2, 3]).all()
    untouched = after[0, [1, 2, 4]] - before[0, [1, 2, 4]]
    assert untouched.abs().max() < 1e-6


def attention(t5: T5EncoderModel, ids: Tensor) -> Tensor:
    """Attention weights of the first caption, (layers, heads, L, L)."""
    with torch.no_grad():
        layers = t5(ids, output_attentions=True).attentions
    return torch.stack([layer[0] for layer in layers or ()])


def test_it_learns_to_read_a_colour_with_its_thing(tmp_path: Path) -> None:
    t5 = text_encoders()[1]
    kept = copy.deepcopy(t5.state_dict())
    steps = 60
    taught = train_t5(t5, loader(Captions(steps), 0), steps, CPU, Curve(tmp_path / "t5.jsonl", every=20))
    assert all(torch.equal(value, kept[name]) for name, value in t5.state_dict().items())
    lines = [json.loads(line) for line in (tmp_path / "t5.jsonl").read_text().splitlines()]
    assert lines[-1]["things"] < 0.8 * lines[0]["things"]
    ids = tokenizers()(["a red star and a blue ring", "a blue star and a red ring"])[1]
    changed = [star_changes(encoder, ids) for encoder in (t5, taught)]
    assert changed[1] > 5 * changed[0]


def star_changes(t5: T5EncoderModel, ids: Tensor) -> float:
    """How much "star" comes out otherwise, as a share of its length, once the colours are changed about."""
    with torch.no_grad():
        one, other = t5(ids).last_hidden_state[:, 2]
    return float((one - other).norm() / one.norm())


def test_batches_depend_on_their_numbers_alone() -> None:
    forwards = list(islice(loader(Captions(4), 0), 4))
    backwards = [Captions(4)[i] for i in reversed(range(4))]
    for read, again in zip(forwards, reversed(backwards), strict=True):
        assert all(map(torch.equal, read, again))
        assert read[0].numel() <= 1152
