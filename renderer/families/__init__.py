"""The families of diffusion transformers, one a module: what each has of its own."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from planner.errors import UserError
from renderer.pipelines import PipelineKind

if TYPE_CHECKING:
    from renderer.regional.family import Family

FAMILIES: Final = {
    "ChromaTransformer2DModel": "chroma",
    "FluxTransformer2DModel": "flux",
    "Flux2Transformer2DModel": "flux2",
    "Krea2Transformer2DModel": "krea2",
    "OvisImageTransformer2DModel": "ovis_image",
    "QwenImageTransformer2DModel": "qwen_image",
    "SD3Transformer2DModel": "sd3",
    "ZImageTransformer2DModel": "z_image",
}
"""The module of each family, by the class of its transformer in diffusers."""


def family_of(transformer: Any) -> "Family":
    """The family of a transformer, which may be compiled; raises `UserError` where it is of none."""
    names = [kind.__name__ for kind in type(getattr(transformer, "_orig_mod", transformer)).__mro__]
    for name in names:
        if name in FAMILIES:
            return _family(FAMILIES[name])
    known = ", ".join(FAMILIES)
    raise UserError(f"regions don't work with a {names[0]}: known are {known}")


def family_for(kind: PipelineKind) -> "Family":
    """The family of a pipeline's transformer, which need not be loaded."""
    return _family(kind.module)


def _family(module: str) -> "Family":
    return import_module(f"renderer.families.{module}").FAMILY
