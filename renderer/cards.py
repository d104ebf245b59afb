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
from renderer.catalog import KNOWN, known_by, likest
from renderer.grid import TokenGrid
from renderer.pipelines import PIPELINES, PipelineKind
from renderer.settings import Recipe, Settings
from renderer.warning import warn

TINY = Path(__file__).parent / "tiny"
"""The checkpoint that ships with the program."""

DEFAULTS_FILE = "scenewright.json"

UNKNOWN = "{} draws {} alone: {} will come out as something else"

NO_AUTO = "settings chosen from the layout: nothing was measured with {}, so its own settings are taken"


@dataclass(frozen=True)
class ModelCard:
    """A model by name: `source` is a local folder or a name on the hub, and `kind` what its pipeline takes.

    `auto` are the rules for `Settings(auto=True)`, or None if nothing was measured with the model. `draws`
    has the things that a small model knows, each with the words for it; None stands for all things.
    """

    name: str
    source: str
    local: bool
    kind: PipelineKind
    size: Size
    recipe: Recipe
    auto: Auto | None = None
    draws: Mapping[str, tuple[str, ...]] | None = None

    def check(self, settings: Settings) -> None:
        """Raise `UserError` where settings contradict the recipe or the model; warn if there are no rules for
        `auto`.
        """
        settings.over(self.recipe)
        if settings.guidance_scale is not None and not self.kind.distilled:
            raise UserError(
                f"{self.name} takes no distilled guidance: its guidance is true CFG", "guidance_scale"
            )
        if (settings.true_cfg_scale or 1) > 1 and not self.kind.true_cfg:
            raise UserError(f"should be 1: {self.kind.family} has no negative pass", "true_cfg_scale")
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
    """The card of "tiny" or another short name, of a folder with a pipeline, or of a model on the hub.

    Its own `model_index.json` says what kind of pipeline it is. For a hub name that is no known model's, that
    file is fetched. Raises `UserError` where it is no pipeline that is known, or the name is neither a
    folder nor a hub's, and `WorldError` where the hub can't be reached.
    """
    folder = TINY if name == "tiny" else Path(name)
    try:
        is_folder = folder.is_dir()
    except (OSError, ValueError):  # too long, or with NUL
        is_folder = False
    if is_folder:
        return _folder_card(name, folder)
    known = known_by(name)
    if known is None and not _hubs(name):
        names = ", ".join(["tiny", *(model.name for model in KNOWN)])
        raise UserError(
            f"{name}: no such folder; give a pipeline's folder, a hub name (owner/name), or one of {names}",
            "model",
        )
    if known is None:
        from renderer.hub import read_index

        index = read_index(name)
        known = likest(_kind(name, "it", index).name, name, {"model_index": index})
        return ModelCard(name, name, False, known.kind, Size(), known.recipe)
    return ModelCard(name, known.source, False, known.kind, Size(), known.recipe)


def _hubs(name: str) -> bool:
    """Whether the hub could have a model of this name."""
    return name.count("/") == 1 and not name.startswith((".", "/", "~")) and not name.endswith("/")


def _kind(name: str, what: str, index: Mapping[str, Any]) -> PipelineKind:
    """The kind of pipeline that a `model_index.json` names; raises `UserError` where it is none of ours."""
    named = index.get("_class_name")
    if isinstance(named, str) and named in PIPELINES:
        return PIPELINES[named]
    found = f"holds a {named}" if isinstance(named, str) else "has no model_index.json that names a pipeline"
    raise UserError(f"{name}: {what} {found}; known are {', '.join(PIPELINES)}", "model")


def _folder_card(name: str, folder: Path) -> ModelCard:
    """The card of a pipeline's folder, with the settings of the file in it where there is one."""
    index = _json(folder / "model_index.json")
    kind = _kind(str(folder), "the folder", index)
    missing = [part for part in kind.parts if not (folder / part).is_dir()]
    if missing:
        raise UserError(f"{folder}: the folder has no {missing[0]}, which a {kind.name} needs", "model")
    path = folder / DEFAULTS_FILE
    if not path.exists():
        configs = {"model_index": index, "transformer": _json(folder / "transformer" / "config.json")}
        alike = likest(kind.name, folder.name, configs)
        return ModelCard(name, str(folder), True, kind, Size(), alike.recipe)
    try:
        own = _Defaults.model_validate_json(read_text(path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error)}") from error
    return ModelCard(name, str(folder), True, kind, own.size, own.recipe, own.auto, own.draws)


def _json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none."""
    try:
        content = parse_json(read_text(path))
    except UserError:
        return {}
    return content if isinstance(content, dict) else {}


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
