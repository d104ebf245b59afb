"""The texts for language models: instructions, worked examples, requests for repairs, a judge's questions."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Literal

Profile = Literal["full", "small", "details"]
"""What a model is asked for: a plan with boxes, relations and depths; a plan with places in words; or no
plan, but details of the things that another planner read.
"""

Number = Literal["one", "many", "some"]
"""How many things a question is about: one thing, all of several, or one of several."""

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
    """The turn that sends a reply back; `faults` are sentences, one for each fault."""
    lines = "\n".join(f"- {fault}" for fault in faults)
    return Template(_read("repair.md")).substitute(faults=lines)


def examples(profile: Profile = "full") -> tuple[Example, ...]:
    """The worked examples in the order of their file names."""
    folder = files(__name__) / f"{_FOLDERS[profile]}examples"
    shown: list[Example] = []
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json")):
        record = json.loads((folder / name).read_text(encoding="utf-8"))
        reply = json.dumps(record["reply"], ensure_ascii=False, separators=(",", ":"))
        shown.append(Example(name, record["prompt"], reply))
    return tuple(shown)


def judge() -> str:
    """The system prompt of a judge, which answers questions about pictures."""
    return _read("judge/instructions.md")


def judge_whole(text: str) -> str:
    """The question whether a picture shows `text`, as VQAScore asks it (arXiv 2404.01291)."""
    return Template(_read("judge/whole.md")).substitute(text=text)


def judge_word(question: str) -> str:
    """A question that is to be answered in one word, as GenEval 2 asks it (arXiv 2512.16853)."""
    return Template(_read("judge/word.md")).substitute(question=question)


def judge_question(kind: str, number: Number, it: str, of: str = "", other: str = "") -> str:
    """The question of this `kind` about so many things, with `it`, `of` and `other` filled in."""
    form = json.loads(_read("judge/questions.json"))[kind][number]
    return Template(form).substitute(it=it, of=of, other=other)


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8").strip()
