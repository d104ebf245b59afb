"""What is known of a model before it is loaded: its folder or hub name, its canvas size and its recipe.

Nothing here imports torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from planner.bounded import parse_json, read_text
from planner.errors import UserError
from planner.faults import explain
from planner.plans import Size
from planner.scene import Frozen, Scene
from planner.words import folded, unnumbered
from renderer.auto import Auto
from renderer.grid import TokenGrid
from renderer.settings import Recipe, Settings
from renderer.warning import warn

TINY = Path(__file__).parent / "tiny"
"""The checkpoint that ships with the program."""

PIPELINE = "FluxPipeline"
"""What a model's folder must hold, in diffusers' own name."""

PARTS = ("scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "transformer", "vae")
"""The folders that make a `PIPELINE`."""

DEFAULTS_FILE = "scenewright.json"

_DEV = Recipe(
    steps=24,
    guidance_scale=3.5,
    true_cfg_scale=1.0,
    base_ratio=0.1,
    inject_steps="40%",
    double_interval=1,
    single_interval=1,
    max_sequence_length=512,
)
"""FLUX.1-dev as the paper's authors run it in their examples (24 steps, guidance 3.5, T = 10, β = 0.1)."""

_SCHNELL = _DEV.model_copy(
    update={"steps": 4, "guidance_scale": 0.0, "inject_steps": "75%", "max_sequence_length": 256}
)
"""FLUX.1-schnell is distilled to four steps and takes 256 tokens of text.

T = 3 of 4 steps draws best on tiny-flux with schnell's schedule, whose noise falls by a quarter a step. T =
0, 1, 2, 3, 4 draw 6, 36, 48, 51, 51 of 60 scenes of one and two things right, and picture by picture 3 is
better than 2 by 5 points (0 to 11.7). T as the authors have it, 10, would be all of four steps, with none
left to the whole picture. Not tried on schnell itself. tiny-flux likes a large T at 24 steps too (70 %, where
the authors' dev has 40 %), so that some of this may be its own.
"""


UNKNOWN = "{} draws {} alone: {} will come out as something else"

NO_AUTO = "settings chosen from the layout: nothing was measured with {}, so its own settings are taken"


@dataclass(frozen=True)
class ModelCard:
    """A model by name: `source` is a local folder or a name on the hub.

    `auto` are the rules for `Settings(auto=True)`, or None if nothing was measured with the model. `draws`
    has the things that a small model knows, each with the words for it; None stands for all things.
    """

    name: str
    source: str
    local: bool
    size: Size
    recipe: Recipe
    auto: Auto | None = None
    draws: Mapping[str, tuple[str, ...]] | None = None

    def check(self, settings: Settings) -> None:
        """Raise `UserError` where settings contradict the recipe; warn if there are no rules for `auto`."""
        settings.over(self.recipe)
        if settings.auto and self.auto is None:
            warn(NO_AUTO.format(self.name), stacklevel=2)

    def check_things(self, scene: Scene) -> None:
        """Warn of regions whose things the model doesn't know."""
        if self.draws is None:
            return
        known = {folded(word)[-1] for words in self.draws.values() for word in words}
        names = dict.fromkeys(unnumbered(region.name) for region in scene.regions)
        unknown = [name for name in names if known.isdisjoint(folded(name))]
        if unknown:
            name = "tiny-flux" if self.name == "tiny" else self.name
            text = UNKNOWN.format(name, _listed(list(self.draws)), _listed(unknown))
            warn(text, stacklevel=3)

    def recipe_for(self, settings: Settings, grid: TokenGrid) -> Recipe:
        """The recipe for a layout: the settings over those that `auto` chooses, and these over the recipe."""
        if not settings.auto or self.auto is None:
            return settings.over(self.recipe)
        rule = self.auto.of(grid)
        chosen = Settings(base_ratio=rule.base_ratio, inject_steps=rule.inject_steps)
        return settings.over(chosen.over(self.recipe))


class _Defaults(Frozen):
    """The content of the file beside a model that says how it is run."""

    size: Size
    recipe: Recipe
    auto: Auto | None = None
    draws: Mapping[str, tuple[str, ...]] | None = None


def model_card(name: str) -> ModelCard:
    """The card of "tiny", of a folder that holds a FLUX pipeline, or of a model on the hub.

    Raises `UserError` where the folder is no FLUX pipeline, or the name is neither a folder nor a hub's.
    """
    folder = TINY if name == "tiny" else Path(name)
    try:
        is_folder = folder.is_dir()
    except (OSError, ValueError):  # too long, or with NUL
        is_folder = False
    if is_folder:
        found = _folder_defaults(folder)
        return ModelCard(name, str(folder), True, found.size, found.recipe, found.auto, found.draws)
    if name.count("/") != 1 or name.startswith((".", "/", "~")) or name.endswith("/"):
        raise UserError(
            f"{name}: no such folder; give a FLUX pipeline's folder, a hub name (owner/name) or tiny", "model"
        )
    return ModelCard(name, name, False, Size(), _SCHNELL if "schnell" in name.lower() else _DEV)


def _folder_defaults(folder: Path) -> _Defaults:
    """The defaults in a pipeline's folder; raises `UserError` where it holds no FLUX pipeline."""
    kind = _json(folder / "model_index.json").get("_class_name")
    if kind != PIPELINE:
        found = (
            f"holds a {kind}" if isinstance(kind, str) else "has no model_index.json that names a pipeline"
        )
        raise UserError(f"{folder}: the folder {found}; it should hold a {PIPELINE} of diffusers", "model")
    missing = [part for part in PARTS if not (folder / part).is_dir()]
    if missing:
        raise UserError(f"{folder}: the folder has no {missing[0]}, which a {PIPELINE} needs", "model")
    path = folder / DEFAULTS_FILE
    if not path.exists():
        guided = _json(folder / "transformer" / "config.json").get("guidance_embeds", False)
        return _Defaults(size=Size(), recipe=_DEV if guided else _SCHNELL)
    try:
        return _Defaults.model_validate_json(read_text(path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error)}") from error


def _json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none."""
    try:
        content = parse_json(read_text(path))
    except UserError:
        return {}
    return content if isinstance(content, dict) else {}


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
