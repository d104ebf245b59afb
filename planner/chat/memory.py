"""What was found out of endpoints, each thing in one small JSON file.

It only saves requests: a file that is missing, broken or can't be written is no error, and what this process
found out it knows all the same.
"""

import json
import os
import threading
from pathlib import Path
from typing import cast

_found: dict[tuple[Path, str], object] = {}


def recall(file: Path, endpoint: str) -> object:
    """What `file` holds of `endpoint`, as JSON has it; None where that is nothing."""
    known = _found.get((file, endpoint))
    return _read(file).get(endpoint) if known is None else known


def remember(file: Path, endpoint: str, found: object) -> None:
    """Note in `file` what was found out of `endpoint`: a value that JSON has."""
    _found[file, endpoint] = found
    known = _read(file)
    if known.get(endpoint) == found:
        return
    text = json.dumps({**known, endpoint: found}, indent=1, sort_keys=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError:
        return


def _read(file: Path) -> dict[str, object]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return cast(dict[str, object], known) if isinstance(known, dict) else {}
