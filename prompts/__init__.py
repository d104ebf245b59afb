"""What the language model is told: instructions, a note for repairs and worked examples, kept as files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Literal

Profile = Literal["full", "small", "details"]
"""What a model is asked for: boxes, relations and depths too; places in words alone; or no plan at all, but
details for what another planner read.
"""

_FOLDERS: dict[Profile, str] = {"full": "", "small": "small/", "details": "details/"}


@dataclass(frozen=True)
class Example:
    """A user's prompt and the reply, as compact JSON, that a good planner gives to it."""

    name: str
    prompt: str
    reply: str


def instructions(profile: Profile = "full") -> str:
    """The system prompt."""
    return _read(f"{_FOLDERS[profile]}instructions.md")


def repair(faults: Iterable[str]) -> str:
    """The turn that sends a reply back; `faults` are sentences, one fault each."""
    lines = "\n".join(f"- {fault}" for fault in faults)
    return Template(_read("repair.md")).substitute(faults=lines)


def examples(profile: Profile = "full") -> tuple[Example, ...]:
    """The worked examples in the order of their file names."""
    folder = f"{_FOLDERS[profile]}examples"
    names = sorted(
        entry.name for entry in (files(__name__) / folder).iterdir() if entry.name.endswith(".json")
    )
    return tuple(_example(name, folder) for name in names)


def _example(name: str, folder: str) -> Example:
    record = json.loads(_read(f"{folder}/{name}"))
    return Example(name, record["prompt"], json.dumps(record["reply"], ensure_ascii=False))


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8").strip()
