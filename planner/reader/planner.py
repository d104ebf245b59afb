"""The built-in planner: a small model that was taught to read prompts."""

from dataclasses import dataclass
from pathlib import Path

from planner.errors import UserError
from planner.plans import Draft, Origin
from planner.reader.compose import compose
from planner.reader.reading import read
from planner.reader.weights import FOLDER, load_weights


@dataclass(frozen=True)
class ReaderPlanner:
    """Plans by reading English prompts with the weights in `folder`; deterministic on one machine."""

    folder: Path = FOLDER

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`; raises `UserError` for an empty one, `WorldError` for missing or spoilt weights."""
        if not prompt.strip():
            raise UserError("the prompt is empty: describe a picture")
        scene, notes = compose(read(prompt, load_weights(self.folder)))
        return Draft(scene=scene, notes=notes, origin=Origin(planner="builtin"))
