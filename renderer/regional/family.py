"""What differs between the diffusion transformers that can draw by regions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import torch
from torch import Tensor

from renderer.regional.attention import attend
from renderer.regional.injection import Block, Call, Calls
from renderer.regional.schedule import noise_levels

Joint = tuple[Tensor, Tensor, Tensor]
"""Query, key and value, each (B, S, heads, head width)."""

Finish = Callable[[Tensor], Any]
"""From attention's output (B, S, heads, head width) to what the stock processor returns."""

Arguments = dict[str, Any]
"""Arguments of a call of the transformer, by name."""


class Place(Enum):
    """Which tokens a linear layer acts on; a modulation layer acts on none."""

    TEXT = "text"
    IMAGE = "image"
    JOINT = "text and image"
    NONE = "the time embedding"


def rounded_up(tokens: int) -> int:
    """The length that a prompt of so many tokens is trimmed to: a multiple of 16."""
    return -(-tokens // 16) * 16


@dataclass(frozen=True)
class ImageTokens:
    """How many tokens a call has of the picture, of other pictures behind it, and of padding between them."""

    picture: int
    references: int = 0
    pads: int = 0


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts of a regional call: `embeds`, each (P, L_i, …) for the call's P pictures, the base text last
    where β > 0; with `copied` a copy of the image follows in single blocks.

    `held` says for each picture how much of each text is its own; None is all of all. `last` is each
    picture's region of the last token, −1 for none: what pads the image is that region's too.
    """

    embeds: tuple[Tensor, ...]
    held: tuple[tuple[int, ...], ...] | None
    copied: bool
    last: tuple[int, ...]

    @property
    def lengths(self) -> tuple[int, ...]:
        """The length of each text."""
        return tuple(text.shape[1] for text in self.embeds)


@dataclass(frozen=True, eq=False)
class Prompts:
    """Encoded prompts: `embeds` (1, L_i, …) of each, without what a mask takes off, and of models that have
    them the pooled vectors (n, P).
    """

    embeds: tuple[Tensor, ...]
    pooled: Tensor | None = None


class Family(ABC):
    """A family of transformers of one class of diffusers. It holds no state: one object serves all.

    A call of the transformer is read by `noise`, `prompts`, `text_tokens` and `image_tokens`; `lengthen`
    gives it the texts of all regions; `project` stands in for the first half of an attention processor, and
    what it returns beside query, key and value for the second.
    """

    transformer: ClassVar[str]
    """Its class in diffusers."""
    processors: ClassVar[tuple[type, ...]]
    """The attention processors that regions can take the place of."""
    image_first: ClassVar[bool] = False
    """Whether a joint sequence begins with the image."""
    copies_image: ClassVar[bool] = False
    """Whether it can carry the paper's copy of the image for the base branch, through its single blocks."""
    masks_prompts: ClassVar[bool] = False
    """Whether prompts of a batch may differ in length: a mask or a list tells the model theirs."""

    @abstractmethod
    def blocks(self, transformer: Any) -> Iterator[tuple[Any, Block]]:
        """Each attention module, with its place."""

    @abstractmethod
    def width(self, transformer: Any) -> tuple[int, ...]:
        """The shape of one token of a prompt."""

    @abstractmethod
    def noise(self, call: Arguments) -> Tensor:
        """The noise level, falling from 1 to 0, in the precision that the transformer is given."""

    def levels(self, timesteps: Tensor, dtype: torch.dtype) -> Tensor:
        """What `noise` reads of calls at a scheduler's `timesteps` (n,), where calls are in `dtype`."""
        return noise_levels(timesteps, dtype)

    @abstractmethod
    def prompts(self, call: Arguments) -> Sequence[Tensor]:
        """The prompt of each picture, (L, …), without what is masked."""

    @abstractmethod
    def text_tokens(self, call: Arguments) -> int:
        """How many tokens of text the joint sequence of a plain call has."""

    @abstractmethod
    def image_tokens(self, transformer: Any, call: Arguments) -> ImageTokens:
        """The tokens of the picture, and what stands behind them."""

    @abstractmethod
    def lengthen(
        self, transformer: Any, call: Arguments, texts: Texts, image: ImageTokens
    ) -> tuple[Arguments, Any]:
        """What changes in a call whose prompt is to be `texts`, and what `project` will want to know."""

    @abstractmethod
    def project(self, attn: Any, block: Block, call: Call, arguments: Arguments) -> tuple[Joint, Finish]:
        """Normed and rotated query, key and value, in the stock order; and what is done with the output.

        `arguments` are those of the stock processor, beside `attn`.
        """

    @abstractmethod
    def place_of(self, layer: str) -> Place:
        """The tokens that the layer of this name acts on."""

    def longest_side(self, transformer: Any) -> int | None:
        """How many tokens high or wide a picture may be at most; None is as many as one likes."""
        return None

    def slot(self, length: int) -> int:
        """How many tokens the transformer makes of a text of so many."""
        return length

    def attention(self, attn: Any, block: Block, call: Call, wrapped: Any, arguments: Arguments) -> Any:
        """What the processor returns; `wrapped` is the one that it stands in for."""
        if call.injection is None:
            return wrapped(attn, **arguments)
        # Older processors of diffusers know one kernel alone.
        backend = getattr(wrapped, "_attention_backend", None)
        joint, finish = self.project(attn, block, call, arguments)
        return finish(attend(joint, call.injection, block, backend))

    def install(self, transformer: Any, calls: Calls) -> Iterable[Any]:
        """Hooks that regional calls need besides, which the engine takes off again."""
        return ()

    def shortened(self, output: Any, image: ImageTokens, texts: Texts) -> Any:
        """The output of a regional call, without what `lengthen` has added."""
        return output

    @abstractmethod
    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        """The prompts in one batch, of at most `length` tokens each, as the pipeline encodes them."""

    @abstractmethod
    def tokens(self, pipeline: Any, prompt: str) -> int:
        """How many tokens a prompt has for the text encoder that reads longest, with all that is added."""

    @abstractmethod
    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        """The arguments of a pipeline for the prompts of a batch, and for negative ones with true CFG."""

    def trimmed(self, pipeline: Any, embeds: Tensor, tokens: int) -> Tensor:
        """A prompt (1, L, …) of so many tokens without its padding, where the padding is seen as text is.

        What it is trimmed to is a multiple of 16 tokens.
        """
        return embeds

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        """A pipeline's arguments for distilled guidance, and for true CFG, which a scale of 1 leaves out."""
        return {"guidance_scale": true_cfg_scale}
