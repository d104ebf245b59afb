"""What users name by a Python file of their own: a benchmark, a scorer."""

import sys
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from planner.errors import UserError

T = TypeVar("T")


def from_file(name: str, variable: str, kind: type[T]) -> T:
    """The `variable` of the Python file `name`, a `kind`; the file is run, as `python FILE` would.

    Raises `UserError` where the file is not there, does not run, or has no such variable.
    """
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{name}: there is no such file")
    try:
        module = import_module(_importable(path))
    except Exception as error:  # a stranger's file fails in ways of its own
        raise UserError(f"{name}: does not run ({type(error).__name__}: {error})") from error
    if Path(str(module.__file__)).resolve() != path.resolve():
        raise UserError(f"{name}: another module is called {path.stem} too; give the file another name")
    found = getattr(module, variable, None)
    if not isinstance(found, kind):
        raise UserError(f"{name}: should hold {variable}, a {kind.__name__}")
    return found


def _importable(path: Path) -> str:
    """The file as a module's name; its folder is searched last, and in workers too, which inherit it."""
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    return path.stem
