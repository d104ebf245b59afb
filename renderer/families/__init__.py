"""The families of diffusion transformers, one a module: what each has of its own."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from planner.errors import UserError

if TYPE_CHECKING:
    from renderer.regional.family import Family

FAMILIES: Final = {
    "FluxTransformer2DModel": "flux",
    "Flux2Transformer2DModel": "flux2",
}
"""The module of each family, by the class of its transformer in diffusers."""


def family_of(transformer: Any) -> "Family":
    """The family of a transformer, which may be compiled; raises `UserError` where it is of none."""
    names = [kind.__name__ for kind in type(getattr(transformer, "_orig_mod", transformer)).__mro__]
    for name in names:
        if name in FAMILIES:
            family: Family = import_module(f"renderer.families.{FAMILIES[name]}").FAMILY
            return family
    known = ", ".join(FAMILIES)
    raise UserError(f"regions don't work with a {names[0]}: known are {known}")
