"""Documents of results: figures written by a command, with the date and the commit, above notes by people."""

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from planner.bounded import read_text
from planner.errors import UserError
from planner.files import write_atomic

NOTES = "<!-- Notes by people start here. The command that writes the figures above keeps them. -->"

INTERVAL = "95 %, bootstrap over prompts (2,000 resamples, seed 0)"
"""The intervals of `evals.statistics`."""

ROOT = Path(__file__).parents[2]


def write_document(path: Path, title: str, facts: Mapping[str, str], figures: str) -> None:
    """Write `figures` (Markdown) below `facts` such as the command and n; notes in an existing file are kept.

    Date and commit are added to the facts. Raises `UserError` where the file exists without the line that
    separates notes, so that no text by people is lost, or where it cannot be written.
    """
    notes = ""
    if path.exists():
        _, separator, notes = read_text(path).partition(NOTES)
        if not separator:
            raise UserError(f"{path}: is no document of results: it lacks the line {NOTES}")
    known = {**facts, "Date": datetime.now(UTC).date().isoformat(), "Commit": source_version()}
    lines = [f"# {title}", "", *(f"- **{name}:** {value}" for name, value in known.items())]
    text = "\n".join([*lines, "", figures.rstrip(), "", NOTES]) + (notes or "\n")
    write_atomic(path, text.encode())


def source_version() -> str:
    """The commit of the running source, with a word on uncommitted changes; outside git, the version."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(ROOT), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 (no text of others)

    try:
        if Path(git("rev-parse", "--show-toplevel")) != ROOT:
            raise FileNotFoundError
        commit, changed = git("rev-parse", "--short", "HEAD"), git("status", "--porcelain", "--", "*.py")
    except (OSError, subprocess.CalledProcessError):
        return f"version {version('scenewright')}"
    return f"{commit}, with uncommitted changes" if changed else commit
