"""Regional prompting on a stock diffusers FLUX transformer: `with regional(transformer, …): pipe(…)`.

Nothing of torch is imported until a name is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from renderer.regional.conditioning import Conditioning, stacked
    from renderer.regional.context import regional
    from renderer.regional.settings import RegionalSettings


__all__ = ["Conditioning", "RegionalSettings", "regional", "stacked"]

_HOMES = {
    "Conditioning": "renderer.regional.conditioning",
    "RegionalSettings": "renderer.regional.settings",
    "regional": "renderer.regional.context",
    "stacked": "renderer.regional.conditioning",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
