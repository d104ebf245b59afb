"""The cache folder, and small JSON files in it with what the program found out about endpoints.

Such a file only saves requests: it is no error if one is missing, broken or can't be written. This process
remembers what it found out in any case.
"""

import json
import os
import threading
from pathlib import Path
from typing import cast

_found: dict[tuple[Path, str], object] = {}


def cache_folder() -> Path:
    """SCENEWRIGHT_CACHE, else `scenewright` in the user's cache folder (XDG); it may not exist yet."""
    own = os.environ.get("SCENEWRIGHT_CACHE")
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(own) if own else users / "scenewright"


def recall(file_name: str, endpoint: str) -> object:
    """The JSON value that this file of the cache folder has for `endpoint`; None if there is none."""
    file = cache_folder() / file_name
    known = _found.get((file, endpoint))
    return _read(file).get(endpoint) if known is None else known


def remember(file_name: str, endpoint: str, found: object) -> None:
    """Write the JSON value `found` for `endpoint` into this file of the cache folder."""
    file = cache_folder() / file_name
    _found[file, endpoint] = found
    known = _read(file)
    if known.get(endpoint) == found:
        return
    text = json.dumps({**known, endpoint: found}, indent=1, sort_keys=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
    except OSError:
        return


def _read(file: Path) -> dict[str, object]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return cast(dict[str, object], known) if isinstance(known, dict) else {}
