"""The models that have short names at their real sizes, and a step of each, at 1024 × 1024.

The renderer draws as in `fast`: one stream, and prompts without padding. Only the pass with the prompt
counts: true CFG adds one that is plain.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from inspect import signature
from types import MappingProxyType
from typing import Any, Final

import diffusers
import torch
from accelerate import init_empty_weights
from accelerate.utils import set_module_tensor_to_device
from torch import Tensor, nn
from torch.nn.functional import pad

from evals.oracle.parity import image_ids
from evals.speed.inputs import FLUX_DEV, layouts
from renderer.catalog import KNOWN, KnownModel
from renderer.families import family_for
from renderer.regional import Conditioning, RegionalSettings, regional

TRIMMED: Final = 64
"""Tokens of a prompt without padding."""
CLIP_TOKENS: Final = 77
"""Tokens that Stable Diffusion 3 has of CLIP before those of T5, always padded."""
FEW: Final = 2
"""Blocks of each kind that take as much memory as all do; the last of some has less to do."""

UNPADDED: Final = ("qwen_image", "z_image")
"""Families whose pipelines take padding off."""

Step = Callable[[float], Any]
"""A step at a noise level."""

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_KLEIN: Final = MappingProxyType(
    {
        "num_layers": 5,
        "num_single_layers": 20,
        "num_attention_heads": 24,
        "joint_attention_dim": 7680,
        "guidance_embeds": False,
    }
)
CONFIGS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "flux-dev": {"guidance_embeds": True},
        "flux2-klein": _KLEIN,
        "flux2-klein-base": _KLEIN,
        "sd3.5-large": {
            "num_layers": 38,
            "num_attention_heads": 38,
            "caption_projection_dim": 2432,
            "pos_embed_max_size": 192,
            "qk_norm": "rms_norm",
        },
    }
)
"""What a model's transformer has that is not the default of its class in diffusers."""

DEPTHS: Final = (
    "num_layers",
    "num_single_layers",
    "n_layers",
    "n_refiner_layers",
    "num_layerwise_text_blocks",
    "num_refiner_text_blocks",
)
"""Settings that are numbers of blocks."""


@dataclass(frozen=True)
class Cell:
    """A way to draw: from prompts of so many tokens, by so many regions; 0 is plain."""

    length: int
    regions: int


@dataclass(frozen=True, eq=False)
class Model:
    """A known model's transformer with random weights, and the picture's size in tokens."""

    known: KnownModel
    transformer: Any
    device: str = "meta"
    dtype: torch.dtype = torch.bfloat16
    rows: int = 64
    columns: int = 64

    @property
    def module(self) -> str:
        """Its family's."""
        return self.known.kind.module

    @property
    def parameters(self) -> int:
        """The number of its weights."""
        return sum(weights.numel() for weights in self.transformer.parameters())

    @property
    def lengths(self) -> tuple[int, int]:
        """Tokens of a padded prompt and of a trimmed one."""
        longest = self.known.recipe.max_sequence_length
        if self.module != "sd3":
            return longest, TRIMMED
        # The program trims to multiples of 16.
        return CLIP_TOKENS + longest, -(-(CLIP_TOKENS + TRIMMED) // 16) * 16

    def normal(self, *shape: int) -> Tensor:
        """Random numbers."""
        return torch.randn(shape, dtype=self.dtype, device=self.device)

    def image_ids(self) -> Tensor:
        """The places of the image's tokens, (N, 3)."""
        return image_ids(self.rows, self.columns).to(self.device)

    def text(self, length: int) -> Tensor:
        """A prompt of so many tokens, (1, length, …)."""
        width = family_for(self.known.kind).width(self.transformer)
        return self.normal(1, length, *width)


def depths(known: KnownModel) -> dict[str, int]:
    """The model's numbers of blocks, by the names that its transformer has for them."""
    defaults = signature(getattr(diffusers, family_for(known.kind).transformer)).parameters
    config = {name: defaults[name].default for name in DEPTHS if name in defaults}
    return config | {
        name: CONFIGS.get(known.name, NOTHING).get(name, number) for name, number in config.items()
    }


def made(known: KnownModel, config: Mapping[str, Any] = NOTHING, device: str = "meta") -> Model:
    """The model with random weights; `config` goes over its own."""
    kind: Any = getattr(diffusers, family_for(known.kind).transformer)
    # Some have tables that are no weights, which need numbers wherever the weights are.
    with init_empty_weights():
        transformer = kind(**{**CONFIGS.get(known.name, NOTHING), **config})
    # torch's own `to`: that of diffusers warns about checkpoints, and there is none.
    nn.Module.to(transformer, torch.bfloat16).eval().requires_grad_(False)
    if device != "meta":
        for path, weights in [*transformer.named_parameters()]:
            value = torch.ones_like(weights, device=device)
            set_module_tensor_to_device(
                transformer, path, device, value.normal_(std=0.02) if weights.ndim > 1 else value
            )
    return Model(known, nn.Module.to(transformer, device), device)


def _flux(model: Model, text: Tensor, level: Tensor) -> dict[str, Any]:
    config = model.transformer.config
    return {
        **_chroma(model, text, level),
        "pooled_projections": model.normal(1, config["pooled_projection_dim"]),
        "guidance": torch.ones_like(level) if config["guidance_embeds"] else None,
    }


def _chroma(model: Model, text: Tensor, level: Tensor) -> dict[str, Any]:
    return {
        "hidden_states": _packed(model),
        "encoder_hidden_states": text,
        "timestep": level,
        "img_ids": model.image_ids(),
        "txt_ids": torch.zeros(text.shape[1], 3, device=model.device),
    }


def _flux2(model: Model, text: Tensor, level: Tensor) -> dict[str, Any]:
    return {
        "hidden_states": _packed(model),
        "encoder_hidden_states": text,
        "timestep": level,
        "img_ids": pad(model.image_ids(), (0, 1)),
        "txt_ids": pad(torch.arange(text.shape[1], device=model.device)[:, None], (3, 0)),
        "guidance": torch.ones_like(level) if model.transformer.config["guidance_embeds"] else None,
    }


def _krea2(model: Model, text: Tensor, level: Tensor) -> dict[str, Any]:
    return {
        "hidden_states": _packed(model),
        "encoder_hidden_states": text,
        "timestep": level,
        "position_ids": pad(model.image_ids(), (0, 0, text.shape[1], 0)),
    }


def _qwen_image(model: Model, text: Tensor, level: Tensor) -> dict[str, Any]:
    return {
        "hidden_states": _packed(model),
        "encoder_hidden_states": text,
        "timestep": level,
        "img_shapes": [[(1, model.rows, model.columns)]],
    }


def _sd3(model: Model, text: Tensor, level: Tensor) -> dict[str, Any]:
    config = model.transformer.config
    return {
        "hidden_states": model.normal(1, config["in_channels"], 2 * model.rows, 2 * model.columns),
        "encoder_hidden_states": text,
        "pooled_projections": model.normal(1, config["pooled_projection_dim"]),
        "timestep": 1000 * level,
    }


def _z_image(model: Model, text: Tensor, level: Tensor) -> dict[str, Any]:
    channels = model.transformer.config["in_channels"]
    return {
        "x": [model.normal(channels, 1, 2 * model.rows, 2 * model.columns)],
        "t": 1 - level,
        "cap_feats": list(text),
    }


def _packed(model: Model) -> Tensor:
    return model.normal(1, model.rows * model.columns, model.transformer.config["in_channels"])


CALLS: Final[Mapping[str, Callable[[Model, Tensor, Tensor], dict[str, Any]]]] = MappingProxyType(
    {
        "chroma": _chroma,
        "flux": _flux,
        "flux2": _flux2,
        "krea2": _krea2,
        "ovis_image": _chroma,
        "qwen_image": _qwen_image,
        "sd3": _sd3,
        "z_image": _z_image,
    }
)
"""The arguments of a call of the transformer as its pipeline makes them, by the family's module."""

COUNTED: Final = {known.name: known for known in KNOWN if known.kind.module in CALLS}
"""The models that can be counted, by short name."""


@contextmanager
def opened(model: Model, cell: Cell) -> Generator[Step, None, None]:
    """A way to draw."""
    base = model.text(cell.length)

    @torch.inference_mode()
    def step(level: float) -> Any:
        levels = torch.full((1,), level, dtype=model.dtype, device=model.device)
        return model.transformer(**CALLS[model.module](model, base, levels), return_dict=False)

    if not cell.regions:
        yield step
        return
    recipe = model.known.recipe
    owner = layouts(replace(FLUX_DEV, rows=model.rows, columns=model.columns), cell.regions)[0]
    texts = Conditioning(tuple(model.text(cell.length) for _ in range(cell.regions)), base)
    settings = RegionalSettings(recipe.base_ratio, recipe.injected(), one_stream=True)
    timesteps = torch.linspace(1000, 1000 / recipe.steps, recipe.steps)
    with regional(model.transformer, owner, texts, settings, timesteps):
        yield step
