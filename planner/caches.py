"""The cache folder, and small JSON files in it with what the program found out about endpoints.

Such a file only saves requests: it is no error if one is missing, broken or can't be written. This process
remembers what it found out in any case. Nobody but the user may read or write anything in the folder.
"""

import json
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import cast

from planner.bounded import MEGABYTE, parse_json, read_file
from planner.errors import UserError

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
    try:
        make_private_folder(file.parent)
        descriptor, unfinished = tempfile.mkstemp(dir=file.parent, prefix=f"{file_name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as new:
                new.write(text)
            Path(unfinished).replace(file)
        except BaseException:
            Path(unfinished).unlink()
            raise
    except OSError:
        return


def make_private_folder(folder: Path) -> None:
    """Make a folder that only the user can open, the cache folder itself or one in it.

    Raises `OSError` where that fails.
    """
    for one in (cache_folder(), folder):
        if one == folder or one in folder.parents:
            one.mkdir(0o700, parents=True, exist_ok=True)
            make_private(one)


def make_private(path: Path) -> None:
    """Close a file or folder of the user's to others. Raises `OSError` where there is none."""
    kind = path.lstat()
    is_own = hasattr(os, "getuid") and kind.st_uid == os.getuid()
    # SCENEWRIGHT_CACHE may name a folder that others need, such as /tmp, which is sticky.
    is_shared = stat.S_ISLNK(kind.st_mode) or kind.st_mode & stat.S_ISVTX or path == Path.home()
    if is_own and not is_shared and kind.st_mode & 0o077:
        path.chmod(0o700 if stat.S_ISDIR(kind.st_mode) else 0o600)


def _read(file: Path) -> dict[str, object]:
    with suppress(OSError):
        make_private(file)
    try:
        known = parse_json(read_file(file, MEGABYTE))
    except UserError:
        return {}
    return cast(dict[str, object], known) if isinstance(known, dict) else {}
