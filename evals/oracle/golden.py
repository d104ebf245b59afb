"""Golden files: results of the paper's own code, which the renderer has to match.

A directory holds `transformer.safetensors`, the weights of a `FluxTransformer2DModel` with its
configuration as JSON under the metadata key `config`, and beside it one file for each case.
All sizes come from the files.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from safetensors import SafetensorError, safe_open
from torch import Tensor

from planner.errors import UserError
from renderer.grid import TokenGrid, grid_from_masks
from renderer.regional import Conditioning, RegionalSettings

WEIGHTS = "transformer.safetensors"

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class GoldenRun:
    """The tensors that are compared, float32 (B, N, C): packed latents and predictions of the velocity."""

    first_prediction: Tensor
    last_prediction: Tensor
    final_latents: Tensor


@dataclass(frozen=True, eq=False)
class GoldenCase:
    """One run: its inputs, float32 on the CPU, and the expected results.

    `latents` (B, N, C) packed noise; `pooled` (1 or B, P); `sigmas` (steps,) without the final zero;
    `controls` and `single_controls` are a ControlNet's residuals (B, N, width), which are added in every step
    after double and single blocks.
    """

    name: str
    grid: TokenGrid
    conditioning: Conditioning
    settings: RegionalSettings
    latents: Tensor
    pooled: Tensor
    sigmas: Tensor
    guidance_scale: float
    controls: tuple[Tensor, ...]
    single_controls: tuple[Tensor, ...]
    expected: GoldenRun


def read_golden(directory: Path) -> tuple[FluxTransformer2DModel, tuple[GoldenCase, ...]]:
    """The transformer and the cases, by name. Raises `UserError` if files are missing or broken."""
    weights = directory / WEIGHTS
    if not weights.is_file():
        raise UserError(f"{directory}: has no {WEIGHTS}; it should be a directory of golden files")
    paths = sorted(path for path in directory.glob("*.safetensors") if path != weights)
    if not paths:
        raise UserError(
            f"{directory}: has no case; beside {WEIGHTS} there should be one .safetensors file for each"
        )
    return _read(weights, _transformer), tuple(_read(path, _case) for path in paths)


@dataclass(frozen=True)
class _File:
    """The content of a safetensors file; lookups raise `KeyError` with the missing name."""

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


def _read(path: Path, build: Callable[[_File], T]) -> T:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
            return build(_File(path, tensors, file.metadata() or {}))
    except KeyError as error:
        raise UserError(f"{path}: has no {error.args[0]!r}, so it is not a golden file") from error
    except (OSError, RuntimeError, SafetensorError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"{path}: is not a golden file: {reason}") from error


def _transformer(file: _File) -> FluxTransformer2DModel:
    config: dict[str, Any] = json.loads(file.metadata["config"])
    transformer = cast(FluxTransformer2DModel, FluxTransformer2DModel.from_config(config))
    transformer.load_state_dict(dict(file.tensors))
    return transformer.eval()


def _case(file: _File) -> GoldenCase:
    tensors, metadata = file.tensors, file.metadata

    def residuals(name: str) -> tuple[Tensor, ...]:
        return torch.unbind(tensors[name]) if name in tensors else ()

    names = tuple(json.loads(metadata["regions"]))
    patch = int(metadata["vae_scale_factor_with_packing"])
    return GoldenCase(
        name=metadata.get("name", file.path.stem),
        grid=grid_from_masks(tensors["region_masks"].numpy(), prompts=names, names=names, patch=patch),
        conditioning=Conditioning(tuple(tensors["region_embeds"].split(1)), tensors["base_embeds"]),
        settings=RegionalSettings(
            base_ratio=float(metadata["base_ratio"]),
            inject_steps=int(metadata["inject_steps"]),
            double_interval=int(metadata["double_interval"]),
            single_interval=int(metadata["single_interval"]),
        ),
        latents=tensors["initial_latents"],
        pooled=tensors["pooled"],
        sigmas=tensors["sigmas_used"][:-1],
        guidance_scale=float(metadata["guidance_scale"]),
        controls=residuals("control_block_samples"),
        single_controls=residuals("control_single_block_samples"),
        expected=GoldenRun(
            *(tensors[name] for name in ("first_prediction", "last_prediction", "final_latents"))
        ),
    )
