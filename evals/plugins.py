"""Loads what users write in a Python file of their own: a benchmark or a scorer."""

import sys
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from planner.errors import UserError

T = TypeVar("T")


def load_from_file(name: str, variable: str, kind: type[T]) -> T:
    """The `variable` of the Python file `name`, a `kind`; the file is run, as `python FILE` would.

    Raises `UserError` if the file does not exist, does not run, or has no such variable.
    """
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{name}: there is no such file")
    # Worker processes inherit the path, and so find the module as well.
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        module = import_module(path.stem)
    except Exception as error:  # the user's file can fail in any way
        raise UserError(f"{name}: does not run ({type(error).__name__}: {error})") from error
    if Path(str(module.__file__)).resolve() != path.resolve():
        raise UserError(f"{name}: another module is called {path.stem} too; give the file another name")
    found = getattr(module, variable, None)
    if not isinstance(found, kind):
        raise UserError(f"{name}: should hold {variable}, a {kind.__name__}")
    return found
