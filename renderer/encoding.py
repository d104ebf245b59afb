"""From the prompts of a grid to what the transformer is given: each goes through the text encoders once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from renderer.grid import BACKGROUND, TokenGrid
from renderer.loras import EncoderLoras, adapters_of, check_regions, loras_in_encoders
from renderer.models import Model
from renderer.regional import Conditioning
from renderer.regional.family import Prompts
from renderer.warning import warn

if TYPE_CHECKING:
    from renderer.extras import Lora
    from renderer.settings import Recipe

CUT = "region {name!r}: its prompt has {tokens} tokens, of which the model reads {most}: its end is cut off"


@dataclass(frozen=True, eq=False)
class Encoded:
    """The encoded prompts of one picture, as the pipeline takes them.

    `base` is the prompt of the whole picture and `negative` the negative prompt, with `negative_conditioning`
    for a negative pass by regions; without true CFG these two are None. `base_prompt` is the prompt of the
    whole picture, in words.
    """

    conditioning: Conditioning
    base: Prompts
    negative: Prompts | None
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

    Prompts are padded as the pipeline itself pads them, and what it masks is left out. If the recipe trims,
    a region's prompt loses the padding that is not masked, to a multiple of 16 tokens; base and negative
    prompts are as long as the longest of them, since the pipeline takes them of one length only. Such models
    were trained on padded prompts, so trimming changes pictures a little.

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
        embeds = dict[_Prompt, Prompts]()
        for names, batch in batches.items():
            loaded.activate(names)
            texts = [prompt.text for prompt in batch]
            length = recipe.max_sequence_length
            read = model.prompt_cache.encode(model.family, model.pipeline, texts, length)
            for i, prompt in enumerate(batch):
                pooled = None if read.pooled is None else read.pooled[i : i + 1]
                embeds[prompt] = Prompts((read.embeds[i],), pooled)

    whole = {prompt for prompts in pictures.values() for prompt in prompts.of_whole_picture}
    texts = _Texts(model, embeds, recipe.trims, max(_token_count(prompt.text, model) for prompt in whole))
    encoded = {key: _encoded(prompts, texts) for key, prompts in pictures.items()}
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


@dataclass(frozen=True, eq=False)
class _Texts:
    """Encoded prompts, which are trimmed or not; `longest` is the longest of whole pictures, in tokens."""

    model: Model
    embeds: Mapping[_Prompt, Prompts]
    trims: bool
    longest: int

    def of(self, prompt: _Prompt, least: int = 0) -> Tensor:
        """The embeddings (1, L, …) of a prompt that is held to be `least` tokens long, or longer."""
        (embeds,) = self.embeds[prompt].embeds
        if not self.trims:
            return embeds
        tokens = max(_token_count(prompt.text, self.model), least)
        kept = self.model.family.trimmed(self.model.pipeline, embeds, tokens)
        # A copy where some are left out, since a view would keep them all.
        return embeds if kept.shape == embeds.shape else kept.clone()

    def whole(self, prompt: _Prompt) -> Prompts:
        """A prompt of a whole picture, as long as the longest."""
        return Prompts((self.of(prompt, self.longest),), self.embeds[prompt].pooled)


def _encoded(prompts: _Prompts, texts: _Texts) -> Encoded:
    """The embeddings of one picture's prompts."""
    base = texts.whole(prompts.base)
    conditioning = Conditioning(tuple(map(texts.of, prompts.regions)), base.embeds[0])
    if prompts.negative is None:
        return Encoded(conditioning, base, None, None, prompts.base.text)
    negative = texts.whole(prompts.negative)
    # As long as the negative prompt of the whole picture, which most of them are.
    regions = tuple(texts.of(prompt, texts.longest) for prompt in prompts.negative_regions)
    return Encoded(conditioning, base, negative, Conditioning(regions, negative.embeds[0]), prompts.base.text)


def _token_count(prompt: str, model: Model) -> int:
    """Its tokens for the text encoder, with those that are added to it."""
    return model.family.tokens(model.pipeline, prompt)
