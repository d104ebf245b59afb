"""A model prepared for the extras of a picture: the pipeline that takes them, its arguments, its LoRAs."""

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
from renderer.loras import adapters_of, loras_in_transformer, quiet
from renderer.models import Model

if TYPE_CHECKING:
    from renderer.extras import Extras
    from renderer.settings import Recipe


@dataclass(frozen=True, eq=False)
class Prepared:
    """The pipeline to call, with further arguments; `lora_regions` names regions by their index in a grid."""

    pipeline: Any
    arguments: dict[str, Any]
    lora_regions: dict[str, set[int]]


@contextmanager
def prepared(
    model: Model, extras: "Extras", recipe: "Recipe", names: Sequence[str], size: tuple[int, int]
) -> Generator[Prepared, None, None]:
    """The model with the extras, for a picture of `size` (width, height) with regions of these `names`.

    Afterwards the model has no LoRA. Raises `UserError` for what can't be read, for a model that has LoRAs
    already, and for a negative pass where diffusers' pipeline has none.
    """
    # 1. Read the images, cut to the canvas, as the pipelines' arguments.
    arguments = dict[str, Any]()
    if extras.init_image is not None:
        arguments["image"] = _read("init_image", extras.init_image, "RGB", size)
        arguments["strength"] = extras.denoising_strength
    if extras.inpaint_mask is not None:
        arguments["mask_image"] = _read("inpaint_mask", extras.inpaint_mask, "L", size)
    if extras.references:
        if not model.kind.references:
            raise UserError(f"{model.kind.family} takes no reference pictures", "reference")
        # A start image, where there is one too, has the name "image" in diffusers.
        field = "image" if extras.init_image is None else "image_reference"
        arguments[field] = [_read("reference", picture, "RGB", None) for picture in extras.references]
    if extras.controls:
        images = [_read("control", control.image, "RGB", size) for control in extras.controls]
        arguments["control_image"] = images[0] if len(images) == 1 else images
        arguments["controlnet_conditioning_scale"] = 1.0 if len(images) == 1 else [1.0] * len(images)

    # 2. Make the pipeline that takes them, of the parts of the loaded one.
    pipeline: Any = model.pipeline
    variant = extras.init_image is not None, extras.inpaint_mask is not None, bool(extras.controls)
    if any(variant):
        name = model.kind.variant(variant)
        parts = {part: model.pipeline.components[part] for part in model.kind.parts}
        # What a pipeline is told beside its parts, such as whether it is distilled.
        told = {key: value for key, value in model.pipeline.config.items() if isinstance(value, bool)}
        with quiet():
            nets = [_load_controlnet(model, control.model) for control in extras.controls]
            # By name, since diffusers imports each when it is used.
            pipeline = getattr(diffusers, name)(
                **parts,
                **told,
                **({"controlnet": nets[0] if len(nets) == 1 else nets} if nets else {}),
            )
        pipeline.set_progress_bar_config(disable=True)
    _check_negative_pass(model, pipeline, recipe)

    # 3. Load the LoRAs for as long as it draws.
    adapters = adapters_of(extras.loras)
    with loras_in_transformer(model.pipeline, adapters) as loaded:
        regions = {name: adapters[name].region for name in loaded}
        indices = {name: {names.index(region)} for name, region in regions.items() if region}
        yield Prepared(pipeline, arguments, indices)


def _read(field: str, picture: Any, mode: str, size: tuple[int, int] | None) -> Image.Image:
    """The picture, cut to a size where one is given."""
    image = read_picture(field, picture) if isinstance(picture, str) else picture.open(field)
    return ImageOps.fit(image.convert(mode), size) if size else image.convert(mode)


def _check_negative_pass(model: Model, pipeline: Any, recipe: "Recipe") -> None:
    """Raise `UserError` where there should be a negative pass and the pipeline has none."""
    taken = {*model.family.guidance(model.pipeline, 1.0, 2.0)}
    name = type(pipeline).__name__
    if recipe.true_cfg_scale > 1 and not taken <= {*inspect.signature(pipeline.__call__).parameters}:
        raise UserError(f"should be 1: {name} of diffusers has no negative pass", "true_cfg_scale")
    if recipe.true_cfg_scale > 1 and pipeline.config.get("is_distilled"):
        raise UserError(
            f"should be 1: {model.card.name} is distilled, and has no negative pass", "true_cfg_scale"
        )


def _load_controlnet(model: Model, name: str) -> Any:
    kind: Any = getattr(diffusers, str(model.kind.controlnet))
    try:
        net = kind.from_pretrained(
            name,
            torch_dtype=model.pipeline.transformer.dtype,
            use_safetensors=True,
            local_files_only=Path(name).is_dir(),
        )
    except Exception as error:  # every library that reads a part of it has faults of its own
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(
            f"{name}: can't be loaded as a ControlNet for {model.kind.family} ({reason})", "controlnet"
        ) from error
    # Where parts of the model take turns on a GPU, the ControlNet stays there.
    pipeline: Any = model.pipeline
    return net.to(pipeline._execution_device)
