"""tiny-flux's tokenizers and text encoders, made from the little world's own captions."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import log
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

from evals.world.captions import caption
from evals.world.facts import sample_composition

TEXT_TOKENS = 96
"""Length to which captions are padded, in training and at work, as FLUX pads to 512."""

CLIP_TOKENS = 77
_CORPUS = 12_000
_SPECIAL = ("<pad>", "</s>", "<unk>")
_WORD_END = "</w>"
_CLIP_VOCABULARY = 1280


@dataclass(frozen=True)
class Tokenizers:
    """The CLIP-side and the T5-side tokenizer."""

    clip: CLIPTokenizer
    t5: PreTrainedTokenizerFast

    def __call__(
        self, texts: list[str], wholes: list[str] | None = None, length: int = TEXT_TOKENS
    ) -> tuple[Tensor, Tensor]:
        """Token ids, int64: CLIP's (B, 77) and T5's (B, `length`), padded as `FluxPipeline` pads them.

        CLIP reads `wholes` instead of `texts`, where they are given.
        """
        return _ids(self.clip, wholes or texts, CLIP_TOKENS), _ids(self.t5, texts, length)


@cache
def tokenizers() -> Tokenizers:
    """The tokenizers of the world: always the same ones, since they are made of captions with fixed seeds."""
    corpus = [caption(sample_composition(seed), 0).lower() for seed in range(_CORPUS)]
    return Tokenizers(_clip_tokenizer(corpus), _t5_tokenizer(corpus))


@torch.no_grad()
def take_weights(encoder: Any, source: Any, old: Any, new: Any) -> None:
    """Give `encoder`, of the tokenizer `new`, the weights of `source`, of the tokenizer `old`.

    A token keeps its embedding, whatever its number; one that `old` doesn't know keeps `encoder`'s.
    """
    rows, table = old.get_vocab(), encoder.get_input_embeddings().weight.clone()
    for token, row in new.get_vocab().items():
        if token in rows:
            table[row] = source.get_input_embeddings().weight[rows[token]]
    source.set_input_embeddings(torch.nn.Embedding.from_pretrained(table))
    encoder.load_state_dict(source.state_dict())


def text_encoders(seed: int = 0) -> tuple[CLIPTextModel, T5EncoderModel]:
    """Untrained encoders to fit the tokenizers."""
    torch.manual_seed(seed)
    both: Any = tokenizers()
    clip = CLIPTextConfig(
        vocab_size=len(both.clip),
        hidden_size=96,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=3,
        max_position_embeddings=CLIP_TOKENS,
        bos_token_id=both.clip.bos_token_id,
        eos_token_id=both.clip.eos_token_id,
        pad_token_id=both.clip.pad_token_id,
    )
    t5 = T5Config(
        vocab_size=len(both.t5),
        d_model=192,
        d_kv=32,
        d_ff=384,
        num_layers=3,
        num_heads=6,
        dropout_rate=0.0,
        feed_forward_proj="gated-gelu",
        relative_attention_num_buckets=32,
        relative_attention_max_distance=128,
    )
    return CLIPTextModel(clip), T5EncoderModel(t5)


def _ids(tokenizer: Any, texts: list[str], length: int) -> Tensor:
    padded = tokenizer(texts, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    return padded.input_ids


def _t5_tokenizer(corpus: list[str]) -> PreTrainedTokenizerFast:
    # Whole words only, so that a word from outside the world is one <unk> and not a spelling of many tokens.
    splitter = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])
    counts = Counter(word for text in corpus for word, _ in splitter.pre_tokenize_str(text))
    total = sum(counts.values())
    pieces = [(f"▁{word}", log(n / total)) for word, n in sorted(counts.items()) if n >= 4]
    backend = Tokenizer(models.Unigram([*((piece, 0.0) for piece in _SPECIAL), *pieces], unk_id=2))
    backend.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    backend.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    pad, end, unknown = _SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=pad,
        eos_token=end,
        unk_token=unknown,
        model_max_length=TEXT_TOKENS,
    )


def _clip_tokenizer(corpus: list[str]) -> CLIPTokenizer:
    backend = Tokenizer(models.BPE(end_of_word_suffix=_WORD_END))
    backend.normalizer = normalizers.Lowercase()
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), letters]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=_CLIP_VOCABULARY,
        min_frequency=8,
        # CLIP's tokenizer looks up the form that a one-letter word has. Left to itself the trainer takes in
        # only those that it meets, in an order that differs from process to process.
        special_tokens=["<|startoftext|>", "<|endoftext|>", *(letter + _WORD_END for letter in alphabet)],
        initial_alphabet=alphabet,
        end_of_word_suffix=_WORD_END,
        show_progress=False,
    )
    backend.train_from_iterator(corpus, trainer)
    with TemporaryDirectory() as folder:
        backend.model.save(folder)
        return CLIPTokenizer.from_pretrained(folder, model_max_length=CLIP_TOKENS)
