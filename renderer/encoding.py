"""From the prompts of a grid to what the transformer is given: each goes through the text encoders once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from renderer.grid import BACKGROUND, TokenGrid
from renderer.loras import EncoderLoras, adapters_of, check_regions, loras_in_encoders
from renderer.models import Model
from renderer.regional import Conditioning
from renderer.warning import warn

if TYPE_CHECKING:
    from renderer.extras import Lora
    from renderer.settings import Recipe

CUT = "region {name!r}: its prompt has {tokens} tokens, of which the model reads {most}: its end is cut off"

ROUND_UP = 16
"""A trimmed prompt's length is a multiple of so many tokens."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """The encoded prompts of one picture, as the pipeline takes them.

    `pooled` (1, D) is the base prompt's. `negative_arguments` are the pipeline's own for the negative prompt,
    and `negative_conditioning` is for a negative pass by regions; without true CFG they are empty and None.
    `base_prompt` is the prompt of the whole picture, in words.
    """

    conditioning: Conditioning
    pooled: Tensor
    negative_arguments: dict[str, Tensor]
    negative_conditioning: Conditioning | None
    base_prompt: str


def base_prompt(grid: TokenGrid, model: Model, recipe: "Recipe") -> str:
    """The user's whole prompt if the text encoder holds it, otherwise the caption."""
    for prompt in grid.base_prompts:
        if _token_count(prompt, model) <= recipe.max_sequence_length:
            return prompt
    return grid.base_prompts[-1]


def region_prompts(grid: TokenGrid, recipe: "Recipe") -> tuple[str, ...]:
    """The prompt of each owner of tokens, in the grid's order."""
    if not (recipe.setting_in_regions and grid.setting):
        return grid.prompts
    return tuple(
        prompt if name == BACKGROUND else f"{prompt}, {grid.setting}"
        for name, prompt in zip(grid.names, grid.prompts, strict=True)
    )


def negative_prompts(grid: TokenGrid) -> tuple[str, ...]:
    """The negative prompt of each owner of tokens: its own, and the whole picture's."""
    own = grid.negatives or ("",) * len(grid.names)
    return tuple(", ".join(filter(None, (text, grid.negative_prompt))) for text in own)


def encode(grid: TokenGrid, model: Model, recipe: "Recipe", loras: "Sequence[Lora]" = ()) -> Encoded:
    """The encoded prompts of one grid, for one picture; see `encode_batch`."""
    return encode_batch([grid], model, recipe, loras)[0]


def encode_batch(
    grids: Sequence[TokenGrid], model: Model, recipe: "Recipe", loras: "Sequence[Lora]" = ()
) -> tuple[Encoded, ...]:
    """The encoded prompts of each grid. Every prompt goes through the text encoders once, all in one batch;
    prompts that the model encoded lately are taken from its cache.

    Prompts are padded as the pipeline itself pads them. If the recipe trims, a region's prompt is cut after
    its last token, to a multiple of 16 tokens; base and negative prompts are as long as the longest of them,
    since the pipeline takes them of one length only. FLUX was trained on padded prompts without a mask, so
    trimming changes pictures a little.

    LoRAs act on the text encoders too, if their files have layers for them: a LoRA of the whole picture for
    every prompt, one of a region for that region's prompt alone, which is then encoded in a batch of its own.
    Raises `UserError` for a region that a grid does not have, and for a file that can't be read.
    """
    unique = {id(grid): grid for grid in grids}
    for grid in unique.values():
        check_regions(loras, grid.names)
        for name, prompt in zip(grid.names, region_prompts(grid, recipe), strict=True):
            tokens = _token_count(prompt, model)
            if tokens > recipe.max_sequence_length:
                warn(CUT.format(name=name, tokens=tokens, most=recipe.max_sequence_length), stacklevel=2)

    with model.lock, loras_in_encoders(model.pipeline, adapters_of(loras)) as loaded:
        pictures = {key: _Prompts.of(grid, model, recipe, loaded) for key, grid in unique.items()}
        # Prompts under the same LoRAs are one batch.
        batches = dict[frozenset[str], list[_Prompt]]()
        for prompt in dict.fromkeys(prompt for prompts in pictures.values() for prompt in prompts.all):
            batches.setdefault(prompt.loras, []).append(prompt)
        embeds = dict[_Prompt, tuple[Tensor, Tensor]]()
        for names, batch in batches.items():
            loaded.activate(names)
            texts = [prompt.text for prompt in batch]
            padded, pooled = model.prompt_cache.encode(model.pipeline, texts, recipe.max_sequence_length)
            embeds |= {prompt: (padded[i : i + 1], pooled[i : i + 1]) for i, prompt in enumerate(batch)}

    lengths = {prompt: _kept_length(prompt.text, model, recipe) for prompt in embeds}
    longest = max(lengths[prompt] for prompts in pictures.values() for prompt in prompts.of_whole_picture)
    encoded = {key: _encoded(prompts, embeds, lengths, longest) for key, prompts in pictures.items()}
    return tuple(encoded[id(grid)] for grid in grids)


@dataclass(frozen=True)
class _Prompt:
    """A prompt, and the LoRAs that are active while it is encoded."""

    text: str
    loras: frozenset[str]


@dataclass(frozen=True)
class _Prompts:
    """The prompts of one picture; without true CFG `negative` is None, and `negative_regions` are none."""

    base: _Prompt
    regions: tuple[_Prompt, ...]
    negative: _Prompt | None
    negative_regions: tuple[_Prompt, ...]

    @classmethod
    def of(cls, grid: TokenGrid, model: Model, recipe: "Recipe", loaded: EncoderLoras) -> "_Prompts":
        everywhere = loaded.active_for(None)
        own = [loaded.active_for(name) for name in grid.names]
        base = _Prompt(base_prompt(grid, model, recipe), everywhere)
        # Without regions the picture is a plain one, also in a batch with others: one region with the base
        # prompt computes just that.
        plain = grid.names == (BACKGROUND,)
        regions = tuple(map(_Prompt, (base.text,) if plain else region_prompts(grid, recipe), own))
        if recipe.true_cfg_scale <= 1:
            return cls(base, regions, None, ())
        negative_regions = tuple(map(_Prompt, negative_prompts(grid), own))
        return cls(base, regions, _Prompt(grid.negative_prompt, everywhere), negative_regions)

    @property
    def all(self) -> tuple[_Prompt, ...]:
        return *self.of_whole_picture, *self.regions, *self.negative_regions

    @property
    def of_whole_picture(self) -> tuple[_Prompt, ...]:
        return (self.base,) if self.negative is None else (self.base, self.negative)


def _encoded(
    prompts: _Prompts,
    embeds: Mapping[_Prompt, tuple[Tensor, Tensor]],
    lengths: Mapping[_Prompt, int],
    longest: int,
) -> Encoded:
    """The embeddings of one picture's prompts: of regions cut to their `lengths`, the others to `longest`.

    `embeds` are (1, L, D) of T5 and (1, D) of CLIP for each prompt.
    """
    base, pooled = embeds[prompts.base]
    regions = tuple(_cut(embeds[prompt][0], lengths[prompt]) for prompt in prompts.regions)
    conditioning = Conditioning(regions, _cut(base, longest))
    if prompts.negative is None:
        return Encoded(conditioning, pooled, {}, None, prompts.base.text)
    negative, negative_pooled = embeds[prompts.negative]
    negative = _cut(negative, longest)
    arguments = {"negative_prompt_embeds": negative, "negative_pooled_prompt_embeds": negative_pooled}
    # As long as the negative prompt of the whole picture, which most of them are.
    negative_regions = tuple(
        _cut(embeds[prompt][0], max(lengths[prompt], longest)) for prompt in prompts.negative_regions
    )
    against = Conditioning(negative_regions, negative)
    return Encoded(conditioning, pooled, arguments, against, prompts.base.text)


def _cut(text: Tensor, length: int) -> Tensor:
    """The first tokens of (1, L, D); a copy where some are left out, since a view would keep them all."""
    return text if length == text.shape[1] else text[:, :length].clone()


def _kept_length(prompt: str, model: Model, recipe: "Recipe") -> int:
    """How many tokens of a prompt the transformer is given."""
    if not recipe.trims:
        return recipe.max_sequence_length
    rounded = -(-_token_count(prompt, model) // ROUND_UP) * ROUND_UP
    return min(recipe.max_sequence_length, rounded)


def _token_count(prompt: str, model: Model) -> int:
    """Its tokens for T5, the end of the sequence among them."""
    tokenizer: Any = model.pipeline.tokenizer_2
    # Not verbose: a longer prompt is cut, and does not cause the "indexing errors" that it would warn of.
    return len(tokenizer(prompt, verbose=False).input_ids)
