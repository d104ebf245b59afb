"""T5 by itself: which words say the same thing, and that it learns to read them so."""

import copy
import json
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import T5EncoderModel

from evals.world.caption import crop_caption
from evals.world.data import loader
from evals.world.progress import Curve
from evals.world.reading import Captions, biases, look_nearby, shared, teach, things_in, together
from evals.world.tableau import sample_tableau
from evals.world.text import text_encoders, tokenizers

CPU = torch.device("cpu")


def ids_of(text: str) -> list[int]:
    return tokenizers().t5(text).input_ids


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("a red star", ["red star"]),
        ("a red star and a blue ring", ["red star", "blue ring"]),
        ("red star, blue ring", ["red star", "blue ring"]),
        ("two dark green stars", ["dark green stars"]),
        ("a scarlet five-pointed star", ["scarlet five - pointed star"]),
        ("a white plus sign over a violet plus sign", ["white plus sign", "violet plus sign"]),
        ("a triangle that is purple in the upper left", ["purple triangle"]),
        ("a big square that is white, a violet hoop", ["white square", "violet hoop"]),
        ("a star that is red. a moon that is deep blue", ["red star", "deep blue moon"]),
        ("a red xqv old star", ["red star"]),
        ("white, a star", []),
        ("a pink heart left of the ring", ["pink heart"]),
        ("a yellow disc under a dark sky on sand", ["yellow disc"]),
        ("a green star below a moon on a black road", ["green star"]),
        ("a star and a moon", []),
        ("on a light blue wall", []),
        ("", []),
    ],
)
def test_the_words_of_a_thing_belong_together(text: str, things: list[str]) -> None:
    words = [token.removeprefix("▁") for token in tokenizers().t5.tokenize(text)]
    assert [" ".join(words[place] for place in places) for places in things_in(ids_of(text))] == things


@given(st.integers(0, 2**31))
def test_no_word_says_two_things_and_hardly_one_is_missed(seed: int) -> None:
    tableau = sample_tableau(seed)
    text = crop_caption(tableau.things, tableau.setting, np.random.default_rng(seed))
    places = list(things_in(ids_of(text)))
    assert len({place for thing in places for place in thing}) == sum(map(len, places))
    unknown = tokenizers().t5.unk_token_id in ids_of(text)
    assert len(places) == len(tableau.things) or (unknown and len(places) < len(tableau.things))


def test_each_token_is_paired_with_the_others_of_its_thing() -> None:
    ids = tokenizers()(["a red star and a blue ring", ""], length=12)[1]
    same = together(ids)
    assert same.shape == (2, 12, 12)
    assert same.nonzero().tolist() == [[0, 1, 2], [0, 2, 1], [0, 5, 6], [0, 6, 5]]


def test_words_of_a_thing_are_added_up_and_keep_their_lengths() -> None:
    read = torch.tensor([[[3.0, 0.0], [0.0, 4.0], [1.0, 1.0]]])
    same = torch.tensor([[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])
    expected = torch.tensor([[[1.8, 2.4], [2.4, 3.2], [1.0, 1.0]]])
    torch.testing.assert_close(shared(read, same), expected)


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
    look_nearby(t5)
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
    taught = teach(t5, loader(Captions(steps), 0), steps, CPU, Curve(tmp_path / "reading.jsonl", every=20))
    assert all(torch.equal(value, kept[name]) for name, value in t5.state_dict().items())
    lines = [json.loads(line) for line in (tmp_path / "reading.jsonl").read_text().splitlines()]
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
    for (ids, same), (again, same_again) in zip(forwards, reversed(backwards), strict=True):
        assert torch.equal(ids, again)
        assert torch.equal(same, same_again)
        assert ids.numel() <= 1152
