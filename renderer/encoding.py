"""From a grid's words to what the transformer is given: each prompt through the text encoders once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

from renderer.grid import BACKGROUND, TokenGrid
from renderer.models import Model
from renderer.regional import Conditioning

if TYPE_CHECKING:
    from renderer.settings import Recipe

ROUND_UP = 16
"""A trimmed prompt's length is a multiple of so many tokens."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Text as the pipeline wants it, of one picture.

    `pooled` (1, D) is the base prompt's; `negative` holds the pipeline's own arguments for the negative
    prompt, none without true CFG; `base_prompt` is what the whole picture is drawn from, in words.
    """

    conditioning: Conditioning
    pooled: Tensor
    negative: dict[str, Tensor]
    base_prompt: str


def base_prompt(grid: TokenGrid, model: Model, recipe: "Recipe") -> str:
    """The user's whole prompt where the text encoder holds it, else the caption."""
    for prompt in grid.base_prompts:
        if _length(prompt, model) <= recipe.max_sequence_length:
            return prompt
    return grid.base_prompts[-1]


def region_prompts(grid: TokenGrid, recipe: "Recipe") -> tuple[str, ...]:
    """What each owner of tokens is drawn from, in the grid's order."""
    if not (recipe.setting_in_regions and grid.setting):
        return grid.prompts
    return tuple(
        prompt if name == BACKGROUND else f"{prompt}, {grid.setting}"
        for name, prompt in zip(grid.names, grid.prompts, strict=True)
    )


def encode(grid: TokenGrid, model: Model, recipe: "Recipe") -> Encoded:
    """What one grid says, for one picture; see `encode_batch`."""
    return encode_batch([grid], model, recipe)[0]


def encode_batch(grids: Sequence[TokenGrid], model: Model, recipe: "Recipe") -> tuple[Encoded, ...]:
    """What each grid says, every prompt going through the text encoders once, and all in one batch; what the
    model has read lately, it need not read again.

    Prompts are padded as the pipeline itself pads them. Where the recipe trims, what stands behind a
    region's last token is cut off, to a multiple of 16 tokens; base and negative prompts are left as long as
    the longest of them all, for the pipeline takes them of one length alone. FLUX was trained on
    padded prompts without a mask, so that trimming changes pictures a little.
    """
    told = {id(grid): _Told.of(grid, model, recipe) for grid in grids}
    prompts = list(dict.fromkeys(prompt for each in told.values() for prompt in each.prompts()))
    padded, pooled = model.texts.read(model.pipeline, prompts, recipe.max_sequence_length)
    book = {prompt: (padded[i : i + 1], pooled[i : i + 1]) for i, prompt in enumerate(prompts)}
    lengths = {prompt: _held(prompt, model, recipe) for prompt in prompts}
    length = max(lengths[prompt] for each in told.values() for prompt in each.of_the_whole())
    cut = partial(_encoded, book=book, lengths=lengths, length=length)
    encoded = {key: cut(each) for key, each in told.items()}
    return tuple(encoded[id(grid)] for grid in grids)


@dataclass(frozen=True)
class _Told:
    """The prompts of one picture; `negative` is None without true CFG."""

    base: str
    regions: tuple[str, ...]
    negative: str | None

    @classmethod
    def of(cls, grid: TokenGrid, model: Model, recipe: "Recipe") -> "_Told":
        base = base_prompt(grid, model, recipe)
        # Without regions the picture is a plain one, also in a batch with others: one region of its own base
        # prompt computes just that.
        regions = (base,) if grid.names == (BACKGROUND,) else region_prompts(grid, recipe)
        return cls(base, regions, grid.negative_prompt if recipe.true_cfg_scale > 1 else None)

    def prompts(self) -> tuple[str, ...]:
        return *self.of_the_whole(), *self.regions

    def of_the_whole(self) -> tuple[str, ...]:
        return (self.base,) if self.negative is None else (self.base, self.negative)


def _encoded(
    told: _Told, book: Mapping[str, tuple[Tensor, Tensor]], lengths: Mapping[str, int], length: int
) -> Encoded:
    """The picture's own of what was encoded, its base and negative prompts cut to `length`."""
    embeds, pooled = book[told.base]
    regions = tuple(_cut(book[prompt][0], lengths[prompt]) for prompt in told.regions)
    against: dict[str, Tensor] = {}
    if told.negative is not None:
        text, vector = book[told.negative]
        against = {"negative_prompt_embeds": _cut(text, length), "negative_pooled_prompt_embeds": vector}
    return Encoded(Conditioning(regions, _cut(embeds, length)), pooled, against, told.base)


def _cut(text: Tensor, length: int) -> Tensor:
    """The first tokens of (1, L, D); a copy where some are left out, since a view would keep them all."""
    return text if length == text.shape[1] else text[:, :length].clone()


def _held(prompt: str, model: Model, recipe: "Recipe") -> int:
    """How many tokens of a prompt go in."""
    if not recipe.trims:
        return recipe.max_sequence_length
    return min(recipe.max_sequence_length, -(-_length(prompt, model) // ROUND_UP) * ROUND_UP)


def _length(prompt: str, model: Model) -> int:
    """Its tokens for T5, the end of the sequence among them."""
    tokenizer: Any = model.pipeline.tokenizer_2
    return len(tokenizer(prompt).input_ids)
