"""What language models are told: instructions, a note for repairs, worked examples, what a judge is asked."""

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

Number = Literal["one", "many", "some"]
"""How many a question speaks of: one thing, all of several, or one among several."""

_FOLDERS: dict[Profile, str] = {"full": "", "small": "small/", "details": "details/"}


@dataclass(frozen=True)
class Example:
    """A user's prompt and the reply, as compact JSON, that a good planner gives to it."""

    name: str
    prompt: str
    reply: str


def instructions(profile: Profile = "full", language: str = "English") -> str:
    """The system prompt; region prompts are to be written in `language`."""
    return Template(_read(f"{_FOLDERS[profile]}instructions.md")).safe_substitute(language=language)


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


def judge() -> str:
    """The system prompt of who answers questions on pictures."""
    return _read("judge/instructions.md")


def judge_whole(text: str) -> str:
    """The question whether a picture shows `text`, as VQAScore asks it (arXiv 2404.01291)."""
    return Template(_read("judge/whole.md")).substitute(text=text)


def judge_word(question: str) -> str:
    """A question that is to be answered in one word, as GenEval 2 asks it (arXiv 2512.16853)."""
    return Template(_read("judge/word.md")).substitute(question=question)


def judge_question(kind: str, number: Number, it: str, of: str = "", other: str = "") -> str:
    """The question on one thing that a plan has: `it`, which is said `of` a `number` of things."""
    form = json.loads(_read("judge/questions.json"))[kind][number]
    return Template(form).substitute(it=it, of=of, other=other)


def _example(name: str, folder: str) -> Example:
    record = json.loads(_read(f"{folder}/{name}"))
    reply = json.dumps(record["reply"], ensure_ascii=False, separators=(",", ":"))
    return Example(name, record["prompt"], reply)


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8").strip()
