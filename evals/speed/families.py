"""What regions cost in each model that has a short name, counted at its real size at 1024 × 1024.

Where there is a CUDA device, steps are timed too, on random weights. The renderer draws as in `fast`: one
stream, and prompts without padding. Only the pass with the prompt counts: true CFG adds one that is plain.
"""

import io
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from inspect import signature
from statistics import median
from types import MappingProxyType
from typing import Any, Final

import diffusers
import numpy as np
import torch
from accelerate import init_empty_weights
from accelerate.utils import set_module_tensor_to_device
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.utils.flop_counter import FlopCounterMode

from evals.oracle.parity import image_ids
from evals.speed.counts import MetaAnswers, Operations, PeakMemory
from evals.speed.inputs import EARLY, FLUX_DEV, LATE, layouts
from renderer.catalog import KNOWN, KnownModel
from renderer.families import family_for
from renderer.regional import Conditioning, RegionalSettings, regional

REGIONS: Final = (2, 4, 8, 16)
TRIMMED: Final = 64
"""Tokens of a prompt without padding."""
CLIP_TOKENS: Final = 77
"""Tokens that Stable Diffusion 3 has of CLIP before those of T5, always padded."""
ROUNDS: Final = 5
FEW: Final = 2
"""Blocks of each kind where a model need not be whole."""

Step = Callable[[float], Any]
"""A step at a noise level."""

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
    return config | {name: CONFIGS.get(known.name, {}).get(name, number) for name, number in config.items()}


def made(known: KnownModel, device: str = "meta", **config: Any) -> Model:
    """The model with random weights; `config` goes over its own."""
    kind: Any = getattr(diffusers, family_for(known.kind).transformer)
    config = {**CONFIGS.get(known.name, {}), **config}
    # Some have tables that are no weights, which need numbers wherever the weights are.
    with init_empty_weights():
        transformer = kind(**config)
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

KNOWN_FAMILIES: Final = {known.name: known for known in KNOWN if known.kind.module in CALLS}
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


def operations(known: KnownModel, cells: Sequence[Cell]) -> dict[Cell, Operations]:
    """Each cell's operations at full size, as torch's own counter counts them.

    Blocks of a kind are alike, so few are counted, and one more of each kind, and that is multiplied.
    """
    few = dict.fromkeys(depths(known), FEW)
    totals = fewest = _counted(made(known, **few), cells)
    for depth, blocks in depths(known).items():
        more = _counted(made(known, **{**few, depth: FEW + 1}), cells)
        totals = totals + (blocks - FEW) * (more - fewest)
    return {cell: Operations(*own) for cell, own in zip(cells, totals.tolist(), strict=True)}


def _counted(model: Model, cells: Sequence[Cell]) -> NDArray[np.int64]:
    """Operations of an injected step and of one after, (cells, 2)."""
    counts = np.zeros((len(cells), 2), dtype=np.int64)
    for row, cell in zip(counts, cells, strict=True):
        with opened(model, cell) as step:
            for index, level in enumerate((EARLY, LATE)):
                with MetaAnswers(level), FlopCounterMode(display=False) as counter:
                    step(level)
                row[index] = counter.get_total_flops()
    return counts


def peak_bytes(model: Model, cell: Cell) -> int:
    """The most bytes of an injected step's tensors, as `counts.peak_bytes` counts them; no step has more."""
    with PeakMemory() as memory, MetaAnswers(EARLY, fused=True), opened(model, cell) as step:
        step(EARLY)
    return memory.peak


def seconds(model: Model, cells: Sequence[Cell], rounds: int = ROUNDS) -> dict[Cell, tuple[float, float]]:
    """Median seconds of an injected step and of one after, each cell in turn in every round."""
    times = {cell: (list[float](), list[float]()) for cell in cells}
    for _ in range(rounds):
        for cell in cells:
            with opened(model, cell) as step:
                # The first step builds what the others reuse.
                step(EARLY)
                for level, own in zip((EARLY, LATE), times[cell], strict=True):
                    start = _now(model)
                    step(level)
                    own.append(_now(model) - start)
    return {cell: (median(injected), median(after)) for cell, (injected, after) in times.items()}


def _now(model: Model) -> float:
    if model.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def measured(name: str, device: str | None) -> dict[str, Any]:
    """All figures of the model of a short name, as JSON; times are of that device, if any."""
    known = KNOWN_FAMILIES[name]
    model = made(known)
    plain = [Cell(length, 0) for length in model.lengths]
    fast = [Cell(model.lengths[1], regions) for regions in REGIONS]
    counts = operations(known, [*plain, *fast])
    recipe = known.recipe
    injected = recipe.injected()
    few = made(known, **dict.fromkeys(depths(known), FEW))
    peaks = {cell: peak_bytes(few, cell) for cell in counts}
    times = seconds(made(known, device), [*counts]) if device else {}

    def run(cell: Cell) -> int:
        return injected * counts[cell].injected + (recipe.steps - injected) * counts[cell].after

    return {
        "model": name,
        "parameters": model.parameters,
        "steps": [injected, recipe.steps],
        "prompts": list(model.lengths),
        "plain": [counts[cell].injected for cell in plain],
        "seconds": [times[cell][0] for cell in plain if times],
        "lines": [
            {
                "regions": cell.regions,
                "operations": [counts[cell].injected, counts[cell].after],
                "injected": [counts[cell].injected / counts[other].injected for other in plain],
                "run": [run(cell) / run(other) for other in plain],
                "memory": [peaks[cell] - peaks[other] for other in plain],
                "times": [[own / times[other][0] for other in plain] for own in times.get(cell, ())],
            }
            for cell in fast
        ],
    }


def shown(figures: Mapping[str, Any]) -> str:
    """The figures as Markdown: a line on the model, and a table with a line for each number of regions."""
    padded, trimmed = figures["prompts"]
    injected, steps = figures["steps"]
    timed = bool(figures["seconds"])
    columns = ["regions", "injected step", "whole run", "memory, GB above plain"]
    table = Table(*columns, *["injected step, timed", "step after, timed"] * timed, box=box.MARKDOWN)
    for line in figures["lines"]:
        ratios = [line["injected"], line["run"], [size / 1e9 for size in line["memory"]], *line["times"]]
        table.add_row(str(line["regions"]), *(" / ".join(f"{own:.2f}" for own in pair) for pair in ratios))
    drawn = io.StringIO()
    Console(width=200, file=drawn).print(table)
    machine = torch.cuda.get_device_name() if timed else "none: they need a CUDA device"
    return (
        f"{figures['model']}: {figures['parameters'] / 1e9:.2f} billion parameters, {injected} of {steps} "
        f"steps by regions.\n\n{drawn.getvalue()}\n"
        f"Counted operations of fast, from prompts of {trimmed} tokens, as a ratio to plain from {padded} / "
        f"from {trimmed}. The pass with the prompt alone; the plain one of true CFG is not in it. "
        f"Times: {machine}.\n"
    )
