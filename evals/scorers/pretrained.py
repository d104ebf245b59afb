"""Pretrained models that score pictures, each in a folder or on the hub of Hugging Face."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from planner.errors import UserError, WorldError


def check_source(scorer: str, source: str, example: str) -> None:
    """Raise `UserError` if the `source` of a scorer's model is neither a folder nor OWNER/NAME."""
    if not source or (not Path(source).is_dir() and source.count("/") != 1):
        raise UserError(
            f"{scorer}:{source}: should be {scorer}:FOLDER or {scorer}:OWNER/NAME, such as "
            f"{scorer}:{example}",
            "scorer",
        )


@contextmanager
def loading(scorer: str, source: str) -> Generator[None, None, None]:
    """Raise `WorldError` if the code within can't load the model of a scorer, for whatever reason."""
    try:
        yield
    except Exception as error:  # the libraries raise errors of many kinds
        reason = " ".join(str(error).split())[:200]
        raise WorldError(f"{scorer}:{source}: can't be loaded ({reason})", "scorer") from error
