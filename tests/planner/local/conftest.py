"""Models of the stub of llama.cpp."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def model(gguf: Callable[[str], Path]) -> Path:
    """A model that can be served."""
    return gguf("Hello.")


@pytest.fixture
def broken(gguf: Callable[[str], Path]) -> Path:
    """A file that llama.cpp can't read."""
    return gguf("")
