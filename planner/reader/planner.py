"""The built-in planner: a small model that was taught to read prompts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planner.errors import UserError
from planner.plans import Draft, Note, Origin
from planner.reader.comparing import compared
from planner.reader.compose import compose
from planner.reader.language import other_language
from planner.reader.mentions import joined
from planner.reader.reading import Reading, read
from planner.reader.tokens import asides, tokens
from planner.reader.weights import FOLDER, load_weights
from planner.words import clip

_HAS_OPTION = re.compile(r"<lora:|--ar\b")


@dataclass(frozen=True)
class ReaderPlanner:
    """Plans by reading English prompts with the weights in `folder`; deterministic on one machine."""

    folder: Path = FOLDER

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`; one in another language is one picture without regions, and the notes say so.

        Raises `UserError` for an empty prompt, `WorldError` for missing or spoilt weights.
        """
        if not prompt.strip():
            raise UserError("the prompt is empty: describe a picture")
        reading, language = self.reading(prompt)
        scene, notes = compose(reading)
        notes = notes if language is None else (_unread(language), *notes)
        notes = (*notes, *_set_aside(prompt))
        return Draft(scene=scene, notes=notes, origin=Origin(planner="builtin"))

    def reading(self, prompt: str) -> tuple[Reading, str | None]:
        """What is read in `prompt`, and its language where that isn't English: then nothing is."""
        weights = load_weights(self.folder)
        words = tokens(prompt)
        language = other_language(words, weights.pieces)
        return (
            (compared(joined(read(prompt, weights))), None)
            if language is None
            else (Reading(prompt, words), language)
        )


def _set_aside(prompt: str) -> Iterator[Note]:
    if found := asides(prompt):
        hint = " (LoRAs and the size have options of their own)" if _HAS_OPTION.search(prompt) else ""
        text = f"left out of what is read: {clip(', '.join(dict.fromkeys(found)), 200)}{hint}"
        yield Note(kind="warning", name="syntax", text=text)


def _unread(language: str) -> Note:
    text = (
        f"the prompt seems to be in {language}, and the built-in planner reads English: the whole prompt "
        "draws the whole picture, without regions; a language model plans in any language (--llm)"
    )
    return Note(kind="warning", name="language", text=text)
