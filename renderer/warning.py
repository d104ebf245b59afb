"""Warnings of the renderer: to a function of the caller's, or else through Python's `warnings`.

`warnings.showwarning` is one for the whole process. This receiver is each thread's own.
"""

import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_receiver = ContextVar[Callable[[str], None] | None]("receiver", default=None)


@contextmanager
def warnings_to(receiver: Callable[[str], None]) -> Generator[None, None, None]:
    """Within it, this thread's warnings go to `receiver`."""
    token = _receiver.set(receiver)
    try:
        yield
    finally:
        _receiver.reset(token)


def warn(text: str, stacklevel: int = 1) -> None:
    """Warn with a text, in the name of the caller that `warnings.warn` counts by `stacklevel`."""
    receiver = _receiver.get()
    if receiver is None:
        warnings.warn(text, stacklevel=stacklevel + 1)
    else:
        receiver(text)
