"""A model made ready for what joins a drawing: the pipeline that takes it, and LoRAs while it draws."""

import inspect
import re
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import diffusers
import torch
from diffusers.utils import logging as diffusers_logging
from PIL import Image, ImageOps

from planner.errors import UserError
from renderer.models import Model

if TYPE_CHECKING:
    from renderer.extras import Extras, Lora
    from renderer.settings import Recipe

KINDS = {
    (True, False, False): "FluxImg2ImgPipeline",
    (True, True, False): "FluxInpaintPipeline",
    (False, False, True): "FluxControlNetPipeline",
    (True, False, True): "FluxControlNetImg2ImgPipeline",
    (True, True, True): "FluxControlNetInpaintPipeline",
}
"""diffusers' pipelines by whether there are a picture to start from, a mask, and ControlNets."""


@dataclass(frozen=True, eq=False)
class Ready:
    """What is called, with which further arguments; `lora_regions` names regions by their index in a grid."""

    pipeline: Any
    arguments: dict[str, Any]
    lora_regions: dict[str, set[int]]


@contextmanager
def applied(
    model: Model, extras: "Extras", recipe: "Recipe", names: Sequence[str], size: tuple[int, int]
) -> Generator[Ready, None, None]:
    """The model with what joins it, for a picture of `size` (width, height) with regions of these `names`.

    Afterwards the model has no LoRA. Raises `UserError` for what can't be read, for a region that is not
    there, for a model that has LoRAs already, and for a negative pass where diffusers' pipeline has none.
    """
    adapters = _adapters(extras.loras)
    regions = {name: _region(lora, names) for name, lora in adapters.items() if lora.region}
    arguments = _pictures(extras, size)
    with _quiet():
        pipeline = _pipeline(model, extras)
    _check_guidance(pipeline, recipe)
    with ExitStack() as stack:
        if extras.loras:
            _check_bare(model.pipeline)
            stack.callback(model.pipeline.unload_lora_weights)
            with _quiet():
                _load(model.pipeline, adapters)
        yield Ready(pipeline, arguments, regions)


def _pipeline(model: Model, extras: "Extras") -> Any:
    wanted = extras.init_image is not None, extras.inpaint_mask is not None, bool(extras.controls)
    if not any(wanted):
        return model.pipeline
    from renderer.cards import PARTS

    # By name, since each is imported where it is used alone.
    kind: Any = getattr(diffusers, KINDS[wanted])
    nets = [_controlnet(model, control.model) for control in extras.controls]
    control = {"controlnet": nets[0] if len(nets) == 1 else nets} if nets else {}
    made = kind(**{part: getattr(model.pipeline, part) for part in PARTS}, **control)
    made.set_progress_bar_config(disable=True)
    return made


def _controlnet(model: Model, name: str) -> Any:
    kind: Any = diffusers.FluxControlNetModel
    try:
        net = kind.from_pretrained(
            name,
            torch_dtype=model.pipeline.transformer.dtype,
            use_safetensors=True,
            local_files_only=Path(name).is_dir(),
        )
    except Exception as error:  # every library that reads a part of it has faults of its own
        raise UserError(
            f"--controlnet {name}: can't be loaded as a FLUX ControlNet ({_line(error)})"
        ) from error
    # Where parts of the model take turns on a GPU, the ControlNet stays there.
    pipeline: Any = model.pipeline
    return net.to(pipeline._execution_device)


def _pictures(extras: "Extras", size: tuple[int, int]) -> dict[str, Any]:
    """The pictures as the pipelines' own arguments, cut to the canvas."""
    found = dict[str, Any]()
    if extras.init_image is not None:
        found |= {
            "image": _read("--init-image", extras.init_image, "RGB", size),
            "strength": extras.drawn_anew,
        }
    if extras.inpaint_mask is not None:
        found["mask_image"] = _read("--inpaint-mask", extras.inpaint_mask, "L", size)
    if extras.controls:
        images = [_read("--control", control.image, "RGB", size) for control in extras.controls]
        found["control_image"] = images[0] if len(images) == 1 else images
        found["controlnet_conditioning_scale"] = 1.0 if len(images) == 1 else [1.0] * len(images)
    return found


def _read(option: str, path: str, mode: str, size: tuple[int, int]) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.fit(ImageOps.exif_transpose(image).convert(mode), size)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{option} {path}: can't be read as a picture ({_line(error)})") from error


def _check_guidance(pipeline: Any, recipe: "Recipe") -> None:
    if recipe.true_cfg_scale > 1 and "true_cfg_scale" not in inspect.signature(pipeline.__call__).parameters:
        kind = type(pipeline).__name__
        raise UserError(f"--true-cfg-scale: {kind} of diffusers has no negative pass; set it to 1")


def _check_bare(pipeline: Any) -> None:
    """Whether nobody else loaded a LoRA, whose weight would be lost in setting those of others."""
    if any(pipeline.get_list_adapters().values()):
        raise UserError("the model has LoRAs already: give them all with the extras, or none")


def _adapters(loras: "Sequence[Lora]") -> "dict[str, Lora]":
    """The LoRAs by the names of their adapters, in which their files can be known again."""
    stems = [re.sub(r"\W+", "_", Path(lora.source).stem) for lora in loras]
    return {f"{stem}-{i}": lora for i, (stem, lora) in enumerate(zip(stems, loras, strict=True), 1)}


def _region(lora: "Lora", names: Sequence[str]) -> set[int]:
    if lora.region not in names:
        raise UserError(
            f"--lora {lora.source}@{lora.region}: the plan draws no region {lora.region!r}; it draws "
            f"{', '.join(map(repr, names))}"
        )
    return {names.index(lora.region)}


def _load(pipeline: Any, adapters: "Mapping[str, Lora]") -> None:
    for name, lora in adapters.items():
        try:
            _load_one(pipeline, name, lora)
        except Exception as error:  # every library that reads a part of it has faults of its own
            raise UserError(
                f"--lora {lora.source}: can't be loaded as a FLUX LoRA ({_line(error)})"
            ) from error
    pipeline.set_adapters([*adapters], [lora.weight for lora in adapters.values()])


def _load_one(pipeline: Any, name: str, lora: "Lora") -> None:
    path = Path(lora.source)
    folder, file = (path.parent, {"weight_name": path.name}) if path.is_file() else (lora.source, {})
    state: dict[str, torch.Tensor] = pipeline.lora_state_dict(str(folder), use_safetensors=True, **file)
    if lora.region or pipeline.text_encoder is None:
        # What it does to the text encoder shows in the pooled vector alone, which is the whole picture's.
        state = {key: value for key, value in state.items() if not key.startswith("text_encoder.")}
    pipeline.load_lora_weights(state, adapter_name=name)


@contextmanager
def _quiet() -> Generator[None, None, None]:
    """Without the libraries' warnings of what they look for and are right not to find, or to find twice."""
    level = diffusers_logging.get_verbosity()
    diffusers_logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        diffusers_logging.set_verbosity(level)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
