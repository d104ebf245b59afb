"""A model made ready for what joins a drawing: the pipeline that takes it, and LoRAs while it draws."""

import inspect
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import diffusers
from PIL import Image, ImageOps

from planner.errors import UserError
from planner.painting import read_picture
from renderer.loras import adapters_of, drawing_with, quiet
from renderer.models import Model

if TYPE_CHECKING:
    from renderer.extras import Extras
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

    Afterwards the model has no LoRA. Raises `UserError` for what can't be read, for a model that has LoRAs
    already, and for a negative pass where diffusers' pipeline has none.
    """
    adapters, arguments = adapters_of(extras.loras), _pictures(extras, size)
    with quiet():
        pipeline = _pipeline(model, extras)
    _check_guidance(pipeline, recipe)
    with drawing_with(model.pipeline, adapters) as shown:
        regions = {name: adapters[name].region for name in shown}
        yield Ready(pipeline, arguments, {name: {names.index(own)} for name, own in regions.items() if own})


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
            f"{name}: can't be loaded as a FLUX ControlNet ({_line(error)})", "controlnet"
        ) from error
    # Where parts of the model take turns on a GPU, the ControlNet stays there.
    pipeline: Any = model.pipeline
    return net.to(pipeline._execution_device)


def _pictures(extras: "Extras", size: tuple[int, int]) -> dict[str, Any]:
    """The pictures as the pipelines' own arguments, cut to the canvas."""
    found = dict[str, Any]()
    if extras.init_image is not None:
        found |= {
            "image": _read("init_image", extras.init_image, "RGB", size),
            "strength": extras.drawn_anew,
        }
    if extras.inpaint_mask is not None:
        found["mask_image"] = _read("inpaint_mask", extras.inpaint_mask, "L", size)
    if extras.controls:
        images = [_read("control", control.image, "RGB", size) for control in extras.controls]
        found["control_image"] = images[0] if len(images) == 1 else images
        found["controlnet_conditioning_scale"] = 1.0 if len(images) == 1 else [1.0] * len(images)
    return found


def _read(field: str, path: str, mode: str, size: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(read_picture(field, path).convert(mode), size)


def _check_guidance(pipeline: Any, recipe: "Recipe") -> None:
    if recipe.true_cfg_scale > 1 and "true_cfg_scale" not in inspect.signature(pipeline.__call__).parameters:
        kind = type(pipeline).__name__
        raise UserError(f"should be 1: {kind} of diffusers has no negative pass", "true_cfg_scale")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
