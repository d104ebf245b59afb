"""The ways to hold a model to a schema, strongest first, and which of them an endpoint is known to take."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from planner.caches import cache_folder
from planner.errors import ScenewrightError

Mode = Literal["json_schema strict", "json_schema", "tools", "json"]
"""OpenAI uses a grammar only where `strict` is asked for; others do without, and may refuse it."""

MODES: tuple[Mode, ...] = get_args(Mode)


class ModeRefusedError(Exception):
    """The endpoint seems not to take a mode; `meaning` is what to tell the user if it takes none."""

    def __init__(self, meaning: ScenewrightError) -> None:
        """Carry `meaning`, which is raised only if no mode is left."""
        super().__init__(str(meaning))
        self.meaning = meaning


def cache_file() -> Path:
    """Where modes are remembered."""
    return cache_folder() / "modes.json"


def profiles_file() -> Path:
    """Where profiles are remembered."""
    return cache_folder() / "profiles.json"


_found: dict[tuple[Path, str], str] = {}
"""What this process found out, for where the file can't be written."""


@dataclass(frozen=True)
class Memory:
    """Remembers, in one small file, what each endpoint and model was found to take: a mode, or a profile.

    It only saves refused requests: a file that is missing, broken or can't be written is no error.
    """

    file: Path

    def ladder(self, endpoint: str) -> tuple[Mode, ...]:
        """The modes to try: the remembered one, then the others."""
        known = self.recall(endpoint)
        return tuple(sorted(MODES, key=lambda mode: mode != known))

    def recall(self, endpoint: str) -> str | None:
        """What was found out of `endpoint`, if anything was."""
        return _found.get((self.file, endpoint)) or self._read().get(endpoint)

    def remember(self, endpoint: str, mode: str) -> None:
        """Note that `endpoint` takes `mode`, and none that is stronger."""
        _found[self.file, endpoint] = mode
        known = self._read()
        if known.get(endpoint) == mode:
            return
        text = json.dumps({**known, endpoint: mode}, indent=1, sort_keys=True)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.file.with_name(f"{self.file.name}.{os.getpid()}")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.file)
        except OSError:
            return

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return cast(dict[str, str], known) if isinstance(known, dict) else {}
