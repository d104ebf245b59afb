"""Replies on disk: a question that was answered once is not asked again."""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from planner.caches import cache_folder, make_private, make_private_folder
from planner.plans import Usage

ROOM = 256 * 2**20
"""Bytes; once they are used up, the oldest replies are dropped first."""

MAX_REPLY = 16 * 2**20
"""Bytes of one reply, four times those of the longest answer."""

_SECONDS = 10
"""Time for one look into the cache: another process may hold it, or its file may have been tampered with."""

_USED = """
    SELECT (page_count - freelist_count) * page_size
    FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()
"""
_DROP_OLDEST_EIGHTH = """
    DELETE FROM replies WHERE rowid IN
    (SELECT rowid FROM replies ORDER BY rowid LIMIT 1 + (SELECT count(*) FROM replies) / 8)
"""


class CachedReply(BaseModel):
    """A reply as text, and what it cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    usage: Usage


@dataclass(frozen=True)
class Replies:
    """Readable replies, each by the whole question that it answers.

    They are JSON in one SQLite file, which names no other file and holds no code. The cache only saves
    requests, so that a full disk or a damaged file is no error.
    """

    folder: Path

    def find(self, question: Mapping[str, Any]) -> CachedReply | None:
        """The reply to `question`, if it is known."""
        if not self._file.is_file():
            return None
        try:
            with self._open() as file:
                row = file.execute("SELECT value FROM replies WHERE key = ?", (_key(question),)).fetchone()
            return CachedReply.model_validate_json(row[0]) if row and isinstance(row[0], str) else None
        except (OSError, sqlite3.Error, ValidationError):
            return None

    def keep(self, question: Mapping[str, Any], reply: CachedReply) -> None:
        """Write the reply to `question`; if that fails, the question will be asked again."""
        row = (_key(question), json.dumps(reply.model_dump()))
        with suppress(OSError, sqlite3.Error), self._open() as file:
            # The newest reply has the highest rowid.
            file.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", row)
            if file.execute(_USED).fetchone()[0] > ROOM:
                file.execute(_DROP_OLDEST_EIGHTH)

    @property
    def _file(self) -> Path:
        return self.folder / "replies.db"

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection, None, None]:
        make_private_folder(self.folder)
        # SQLite would make a file that everybody can read, and follow a link.
        with suppress(FileExistsError):
            os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        make_private(self._file)
        if self._file.is_symlink():
            raise OSError(f"{self._file} is a link")
        with closing(sqlite3.connect(self._file, _SECONDS, isolation_level=None)) as file:
            end = time.monotonic() + _SECONDS
            file.set_progress_handler(lambda: time.monotonic() > end, 10_000)
            file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_REPLY)
            file.execute("PRAGMA trusted_schema = OFF")
            file.execute("PRAGMA auto_vacuum = FULL")
            file.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, value TEXT)")
            yield file


def users_replies() -> Replies:
    """The replies in the user's cache folder."""
    return Replies(cache_folder() / "replies")


def _key(question: Mapping[str, Any]) -> str:
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
