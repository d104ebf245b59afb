"""Pipelines of every family, small and of random weights, with text encoders and tokenizers of their own.

`pipeline(name, folder)` saves one as diffusers saves any, so that it is loaded and used as a real one is.
They show that pictures are drawn exactly as they should be, not that they are good.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

SMALL: Final = (
    "chroma",
    "flux",
    "flux2",
    "flux2_dev",
    "krea2",
    "ovis_image",
    "qwen_image",
    "sd3",
    "z_image",
)
"""The names of what can be made: a module of this package each."""


def pipeline(name: str, folder: Path, seed: int = 0, **config: Any) -> Path:
    """Save the small pipeline of that name into `folder`; `config` goes over that of the transformer."""
    import_module(f"evals.small.{name}").small(seed, **config).save_pretrained(folder)
    return folder
