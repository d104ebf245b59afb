"""Tokenizers and encoders of the world's own language."""

import json
from typing import Any

import pytest
import torch
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

from evals.world.captions import caption
from evals.world.facts import sample_composition
from evals.world.training.text import TEXT_TOKENS, take_weights, text_encoders, tokenizers
from renderer.cards import TINY

pytestmark = pytest.mark.training

CAPTIONS = [caption(sample_composition(seed), 5) for seed in range(20_000, 20_200)]


def model_of(tokenizer: Any) -> Any:
    """Vocabulary and merges, without the padding that the last call left behind."""
    return json.loads(tokenizer.backend_tokenizer.to_str())["model"]


def test_the_same_tokenizers_come_out_every_time() -> None:
    again = tokenizers.__wrapped__()
    for one, other in ((tokenizers().clip, again.clip), (tokenizers().t5, again.t5)):
        assert model_of(one) == model_of(other)


def test_captions_round_trip() -> None:
    clip, t5 = tokenizers().clip, tokenizers().t5
    for text in CAPTIONS:
        squeezed = "".join(text.lower().split())
        decoded = str(clip.decode(clip(text).input_ids, skip_special_tokens=True))
        assert "".join(decoded.split()) == squeezed
    plain = "a large yellow star in the upper left, a red heart"
    assert "".join(t5.tokenize(plain)) == "▁" + plain.replace(",", " ,").replace(" ", "▁")


def test_a_word_from_outside_the_world_is_one_unknown_token() -> None:
    t5 = tokenizers().t5
    ids = t5("a zeppelin star").input_ids
    assert ids == [*t5("a").input_ids[:1], t5.unk_token_id, *t5("star").input_ids]


def test_ids_are_padded_and_cut_to_fixed_lengths() -> None:
    clip_ids, t5_ids = tokenizers()(["", "a star", "a red star " * 100])
    assert clip_ids.shape == (3, 77)
    assert t5_ids.shape == (3, TEXT_TOKENS)
    assert int(t5_ids[2, -1]) == tokenizers().t5.eos_token_id
    assert not t5_ids[0, 1:].any()


class Reordered:
    """A tokenizer with the tokens of another in another order, the last of them unknown to it."""

    def __init__(self, tokenizer: Any) -> None:
        order = torch.randperm(len(tokenizer), generator=torch.Generator().manual_seed(1)).tolist()
        self.numbers = {
            token: order[i] for token, i in tokenizer.get_vocab().items() if i < len(tokenizer) - 1
        }

    def get_vocab(self) -> dict[str, int]:
        return self.numbers


@pytest.mark.parametrize("side", [0, 1], ids=["clip", "t5"])
def test_weights_follow_their_tokens_to_another_order(side: int) -> None:
    ours: Any = (tokenizers().clip, tokenizers().t5)[side]
    encoder: Any = text_encoders(seed=1)[side]
    source: Any = text_encoders(seed=2)[side]
    theirs, own = source.get_input_embeddings().weight.clone(), encoder.get_input_embeddings().weight.clone()
    layer = next(name for name, value in encoder.named_parameters() if "layer" in name and value.ndim == 2)
    kept = source.get_parameter(layer).clone()
    old = Reordered(ours)
    take_weights(encoder, source, old, ours)
    taken = encoder.get_input_embeddings().weight
    assert all(
        torch.equal(taken[ours.get_vocab()[token]], theirs[row]) for token, row in old.get_vocab().items()
    )
    assert torch.equal(taken[-1], own[-1])
    assert torch.equal(encoder.get_parameter(layer), kept)


@pytest.mark.parametrize("seed", range(15_000, 15_020))
def test_the_tokenizers_that_ship_read_captions_as_training_does(seed: int) -> None:
    text = caption(sample_composition(seed), 0)
    clip = CLIPTokenizer.from_pretrained(TINY / "tokenizer")
    t5 = PreTrainedTokenizerFast.from_pretrained(TINY / "tokenizer_2")
    assert clip.tokenize(text) == tokenizers().clip.tokenize(text)
    assert t5(text).input_ids == tokenizers().t5(text).input_ids
