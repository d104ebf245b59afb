"""The built-in planner: a small model that was trained to read prompts."""

import re
from dataclasses import dataclass
from pathlib import Path

from planner.errors import UserError
from planner.plans import Draft, Note, Origin
from planner.reader.comparing import compared
from planner.reader.compose import compose
from planner.reader.language import other_language
from planner.reader.mentions import joined
from planner.reader.reading import MAX_WORDS, Reading, read
from planner.reader.tokens import asides, tokens
from planner.reader.weights import FOLDER, load_weights
from planner.words import clip

_HAS_OPTION = re.compile(r"<lora:|--ar\b")


@dataclass(frozen=True)
class ReaderPlanner:
    """Plans English prompts with the weights in `folder`; deterministic on one machine."""

    folder: Path = FOLDER

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`; one in another language becomes a picture without regions, and a note says so.

        Raises `UserError` for an empty prompt, `WorldError` for missing or damaged weights.
        """
        if not prompt.strip():
            raise UserError("the prompt is empty: describe a picture")
        reading, language = self.reading(prompt)
        scene, notes = compose(reading)
        if language is not None:
            text = (
                f"the prompt seems to be in {language}, and the built-in planner reads English: the whole "
                "prompt draws the whole picture, without regions; a language model plans in any language "
                "(--llm)"
            )
            notes = (Note(kind="warning", name="language", text=text), *notes)
        if len(tokens(prompt)) > MAX_WORDS:
            text = (
                f"the built-in planner reads {MAX_WORDS:,} words and signs: what follows is left to the "
                "whole picture"
            )
            notes = (*notes, Note(kind="warning", name="length", text=text))
        if syntax := asides(prompt):
            hint = " (LoRAs and the size have options of their own)" if _HAS_OPTION.search(prompt) else ""
            text = f"left out of what is read: {clip(', '.join(dict.fromkeys(syntax)), 200)}{hint}"
            notes = (*notes, Note(kind="warning", name="syntax", text=text))
        return Draft(scene=scene, notes=notes, origin=Origin(planner="builtin"))

    def reading(self, prompt: str) -> tuple[Reading, str | None]:
        """What is read in `prompt`; or an empty reading, and the language, where that is not English."""
        weights = load_weights(self.folder)
        words = tokens(prompt)
        language = other_language(words, weights.pieces)
        if language is not None:
            return Reading(prompt, words), language
        return compared(joined(read(prompt, weights))), None
