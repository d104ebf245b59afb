"""The checkpoint that ships with the program."""

import pytest
import torch
from diffusers import FluxPipeline
from safetensors import safe_open
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

from evals.world.caption import caption
from evals.world.export import DEFAULTS
from evals.world.tableau import sample_tableau
from evals.world.text import tokenizers
from renderer.cards import TINY, model_card
from renderer.settings import Recipe

WEIGHTS = sorted(TINY.rglob("*.safetensors"))


def test_it_is_small_and_in_half_precision() -> None:
    assert len(WEIGHTS) == 4
    assert sum(path.stat().st_size for path in WEIGHTS) <= 20_000_000
    for path in WEIGHTS:
        with safe_open(path, framework="pt") as file:
            kinds = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118  # it is no mapping
        assert kinds <= {"F16", "I64"}, path


def test_it_loads_as_a_pipeline() -> None:
    pipeline = FluxPipeline.from_pretrained(TINY, dtype=torch.float32)
    assert type(pipeline) is FluxPipeline
    assert pipeline.transformer.config["guidance_embeds"] is False
    assert all(torch.isfinite(p).all() for p in pipeline.transformer.parameters())


def test_its_defaults_are_those_that_training_writes() -> None:
    card, own = model_card("tiny"), Recipe.model_validate(DEFAULTS["recipe"])
    assert (card.size.model_dump(), card.recipe) == (DEFAULTS["size"], own)
    assert {name: list(words) for name, words in (card.draws or {}).items()} == DEFAULTS["draws"]


@pytest.mark.parametrize("seed", range(15_000, 15_020))
def test_its_tokenizers_read_captions_as_training_does(seed: int) -> None:
    text = caption(sample_tableau(seed), 0)
    clip = CLIPTokenizer.from_pretrained(TINY / "tokenizer")
    t5 = PreTrainedTokenizerFast.from_pretrained(TINY / "tokenizer_2")
    assert clip.tokenize(text) == tokenizers().clip.tokenize(text)
    assert t5(text).input_ids == tokenizers().t5(text).input_ids
