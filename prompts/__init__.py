"""What the language model is told: instructions, a note for repairs and worked examples, kept as files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from string import Template


@dataclass(frozen=True)
class Example:
    """A user's prompt and the reply, as compact JSON, that a good planner gives to it."""

    name: str
    prompt: str
    reply: str


def instructions() -> str:
    """The system prompt."""
    return _read("instructions.md")


def repair(faults: Iterable[str]) -> str:
    """The turn that sends a reply back; `faults` are sentences, one fault each."""
    lines = "\n".join(f"- {fault}" for fault in faults)
    return Template(_read("repair.md")).substitute(faults=lines)


def examples() -> tuple[Example, ...]:
    """The worked examples in the order of their file names."""
    folder = files(__name__) / "examples"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(_example(name) for name in names)


def _example(name: str) -> Example:
    record = json.loads(_read(f"examples/{name}"))
    return Example(name, record["prompt"], json.dumps(record["reply"], ensure_ascii=False))


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8").strip()
