"""Where the program keeps what it can get again: weights, replies, what it found out of endpoints."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """SCENEWRIGHT_CACHE, else `scenewright` in the user's cache folder (XDG); it need not be there yet."""
    own = os.environ.get("SCENEWRIGHT_CACHE")
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(own) if own else users / "scenewright"
