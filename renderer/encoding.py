"""From a grid's words to what the transformer is given: each prompt through the text encoders once."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

from renderer.grid import BACKGROUND, TokenGrid
from renderer.loras import Voices, adapters_of, check_regions, reading_with
from renderer.models import Model
from renderer.regional import Conditioning

if TYPE_CHECKING:
    from renderer.extras import Lora
    from renderer.settings import Recipe

CUT = "region {name!r}: its prompt has {tokens} tokens, of which the model reads {most}: its end is cut off"

ROUND_UP = 16
"""A trimmed prompt's length is a multiple of so many tokens."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Text as the pipeline wants it, of one picture.

    `pooled` (1, D) is the base prompt's; `negative` holds the pipeline's own arguments for the negative
    prompt, and `against` is what a negative pass by regions is drawn from: neither is there without true CFG;
    `base_prompt` is what the whole picture is drawn from, in words.
    """

    conditioning: Conditioning
    pooled: Tensor
    negative: dict[str, Tensor]
    against: Conditioning | None
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


def negative_prompts(grid: TokenGrid) -> tuple[str, ...]:
    """What each owner of tokens is drawn against in a negative pass by regions: its own and the whole's."""
    own = grid.negatives or ("",) * len(grid.names)
    return tuple(", ".join(filter(None, (text, grid.negative_prompt))) for text in own)


def encode(grid: TokenGrid, model: Model, recipe: "Recipe", loras: "Sequence[Lora]" = ()) -> Encoded:
    """What one grid says, for one picture; see `encode_batch`."""
    return encode_batch([grid], model, recipe, loras)[0]


def encode_batch(
    grids: Sequence[TokenGrid], model: Model, recipe: "Recipe", loras: "Sequence[Lora]" = ()
) -> tuple[Encoded, ...]:
    """What each grid says, every prompt going through the text encoders once, and all in one batch; what the
    model has read lately, it need not read again.

    Prompts are padded as the pipeline itself pads them. Where the recipe trims, what stands behind a
    region's last token is cut off, to a multiple of 16 tokens; base and negative prompts are left as long as
    the longest of them all, for the pipeline takes them of one length alone. FLUX was trained on
    padded prompts without a mask, so that trimming changes pictures a little.

    Of `loras` the text encoders have what they hold for them: one of the whole picture for every prompt, one
    of a region for that region's alone, which then are a batch of their own. Raises `UserError` for a region
    that a grid does not have, and for a file that can't be read.
    """
    for grid in {id(grid): grid for grid in grids}.values():
        check_regions(loras, grid.names)
        _warn_of_cuts(grid, model, recipe)
    with model.lock, reading_with(model.pipeline, adapters_of(loras)) as voices:
        told = {id(grid): _Told.of(grid, model, recipe, voices) for grid in grids}
        book = _read(
            dict.fromkeys(line for each in told.values() for line in each.lines()), model, recipe, voices
        )
    lengths = {line: _held(line.prompt, model, recipe) for line in book}
    length = max(lengths[line] for each in told.values() for line in each.of_the_whole())
    cut = partial(_encoded, book=book, lengths=lengths, length=length)
    encoded = {key: cut(each) for key, each in told.items()}
    return tuple(encoded[id(grid)] for grid in grids)


def _warn_of_cuts(grid: TokenGrid, model: Model, recipe: "Recipe") -> None:
    """Warn of each region whose prompt is longer than the text encoder reads."""
    for name, prompt in zip(grid.names, region_prompts(grid, recipe), strict=True):
        tokens = _length(prompt, model)
        if tokens > recipe.max_sequence_length:
            text = CUT.format(name=name, tokens=tokens, most=recipe.max_sequence_length)
            warnings.warn(text, stacklevel=3)


@dataclass(frozen=True)
class _Line:
    """A prompt, and the LoRAs in force while it is read."""

    prompt: str
    voices: frozenset[str]


Book = Mapping[_Line, tuple[Tensor, Tensor]]
"""What the text encoders make of each line: (1, L, D) of T5 and (1, D) of CLIP."""


def _read(lines: Iterable[_Line], model: Model, recipe: "Recipe", voices: Voices) -> Book:
    together = dict[frozenset[str], list[_Line]]()
    for line in lines:
        together.setdefault(line.voices, []).append(line)
    book = dict[_Line, tuple[Tensor, Tensor]]()
    for names, alike in together.items():
        voices.use(names)
        prompts = [line.prompt for line in alike]
        padded, pooled = model.texts.read(model.pipeline, prompts, recipe.max_sequence_length)
        book |= {line: (padded[i : i + 1], pooled[i : i + 1]) for i, line in enumerate(alike)}
    return book


@dataclass(frozen=True)
class _Told:
    """The prompts of one picture; `negative` is None without true CFG, and `against` empty."""

    base: _Line
    regions: tuple[_Line, ...]
    negative: _Line | None
    against: tuple[_Line, ...]

    @classmethod
    def of(cls, grid: TokenGrid, model: Model, recipe: "Recipe", voices: Voices) -> "_Told":
        whole = voices.of(None)
        own = [voices.of(name) for name in grid.names]
        base = _Line(base_prompt(grid, model, recipe), whole)
        # Without regions the picture is a plain one, also in a batch with others: one region of its own base
        # prompt computes just that.
        plain = grid.names == (BACKGROUND,)
        prompts = (base.prompt,) if plain else region_prompts(grid, recipe)
        regions = tuple(map(_Line, prompts, own))
        if recipe.true_cfg_scale <= 1:
            return cls(base, regions, None, ())
        against = tuple(map(_Line, negative_prompts(grid), own))
        return cls(base, regions, _Line(grid.negative_prompt, whole), against)

    def lines(self) -> tuple[_Line, ...]:
        return *self.of_the_whole(), *self.regions, *self.against

    def of_the_whole(self) -> tuple[_Line, ...]:
        return (self.base,) if self.negative is None else (self.base, self.negative)


def _encoded(told: _Told, book: Book, lengths: Mapping[_Line, int], length: int) -> Encoded:
    """The picture's own of what was encoded, its base and negative prompts cut to `length`."""
    embeds, pooled = book[told.base]
    regions = tuple(_cut(book[line][0], lengths[line]) for line in told.regions)
    conditioning = Conditioning(regions, _cut(embeds, length))
    if told.negative is None:
        return Encoded(conditioning, pooled, {}, None, told.base.prompt)
    text, vector = book[told.negative]
    text = _cut(text, length)
    named = {"negative_prompt_embeds": text, "negative_pooled_prompt_embeds": vector}
    # As long as the negative prompt of the whole, which most of them are.
    against = tuple(_cut(book[line][0], max(lengths[line], length)) for line in told.against)
    return Encoded(conditioning, pooled, named, Conditioning(against, text), told.base.prompt)


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
    # Not verbose: what is longer is cut, and does not cause the "indexing errors" of which it would warn.
    return len(tokenizer(prompt, verbose=False).input_ids)
