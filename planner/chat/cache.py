"""Replies on disk: a question that was answered once is not asked again."""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diskcache import Cache, JSONDisk, Timeout
from diskcache.core import MODE_PICKLE
from pydantic import BaseModel, ConfigDict, ValidationError

from planner.caches import cache_folder
from planner.plans import Usage

ROOM = 256 * 2**20
"""Bytes; once they are used up, the oldest replies are dropped first."""

_FAULTS = (OSError, sqlite3.Error, Timeout, ValueError, zlib.error)
"""What a full disk or a damaged file raises. The cache only saves requests, so none of these is an error."""


class CachedReply(BaseModel):
    """A reply as text, and what it cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    usage: Usage


class _NoPickles(JSONDisk):
    """diskcache unpickles what its file marks as pickled. Nothing here is pickled, so refuse it."""

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> object:
        if mode == MODE_PICKLE:
            raise ValueError("a pickle in the cache of replies")
        return super().fetch(mode, filename, value, read)


@dataclass(frozen=True)
class Replies:
    """Readable replies, each by the whole question that it answers."""

    folder: Path

    def find(self, question: Mapping[str, Any]) -> CachedReply | None:
        """The reply to `question`, if it is known."""
        if not self.folder.exists():
            return None
        try:
            with self._open() as cache:
                return CachedReply.model_validate(cache.get(_key(question)))
        except (*_FAULTS, ValidationError):
            return None

    def keep(self, question: Mapping[str, Any], reply: CachedReply) -> None:
        """Write the reply to `question`; if that fails, the question will be asked again."""
        try:
            with self._open() as cache:
                cache.set(_key(question), reply.model_dump())
        except _FAULTS:
            return

    def _open(self) -> Cache:
        return Cache(str(self.folder), disk=_NoPickles, size_limit=ROOM)


def users_replies() -> Replies:
    """The replies in the user's cache folder."""
    return Replies(cache_folder() / "replies")


def _key(question: Mapping[str, Any]) -> str:
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
