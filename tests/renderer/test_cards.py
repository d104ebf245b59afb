"""What is known of a model before it is loaded."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from planner.errors import UserError
from planner.plans import Size
from planner.scene import Region, Scene
from renderer.cards import DEFAULTS_FILE, PARTS, TINY, model_card

Edit = Callable[[Path, Callable[[dict[str, Any]], object]], None]


def test_the_shipped_model_has_a_recipe_of_its_own() -> None:
    card = model_card("tiny")
    assert card.local
    own = json.loads((TINY / DEFAULTS_FILE).read_text("utf-8"))
    assert card.auto is not None
    dumped = {"size": card.size.model_dump(), "recipe": card.recipe.model_dump()}
    assert card.draws is not None
    draws = {name: list(words) for name, words in card.draws.items()}
    assert own == {**dumped, "auto": card.auto.model_dump(mode="json"), "draws": draws}


def test_what_a_small_model_does_not_know_is_told_by_name() -> None:
    def scene(*names: str) -> Scene:
        return Scene(caption="x", regions=tuple(Region(name=name, prompt=name) for name in names))

    with pytest.warns(UserWarning, match=r"^tiny-flux draws star, .* and moon alone: fox and oak tree will "):
        model_card("tiny").check_things(scene("fox", "red heart 1", "oak tree"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model_card("tiny").check_things(scene("red hearts", "hoop", "moon 2", "star (1)", "crescent"))
        model_card("black-forest-labs/FLUX.1-dev").check_things(scene("fox"))


@pytest.mark.parametrize(
    ("name", "steps", "length"),
    [("black-forest-labs/FLUX.1-dev", 24, 512), ("black-forest-labs/FLUX.1-schnell", 4, 256)],
)
def test_a_name_on_the_hub_is_not_looked_up(name: str, steps: int, length: int) -> None:
    card = model_card(name)
    assert (card.local, card.source, card.size) == (False, name, Size(width=1024, height=1024))
    assert (card.recipe.steps, card.recipe.max_sequence_length) == (steps, length)


@pytest.mark.parametrize(("name", "injected"), [("FLUX.1-dev", 10), ("FLUX.1-schnell", 3)])
def test_steps_are_left_to_the_whole_picture(name: str, injected: int) -> None:
    recipe = model_card(f"black-forest-labs/{name}").recipe
    assert recipe.injected() == injected < recipe.steps


@pytest.mark.parametrize(("guided", "steps"), [(True, 24), (False, 4)])
def test_a_folder_without_defaults_is_run_as_the_flux_that_it_is(
    model_folder: Path, edit: Edit, guided: bool, steps: int
) -> None:
    (model_folder / DEFAULTS_FILE).unlink()
    edit(model_folder / "transformer" / "config.json", lambda found: found.update(guidance_embeds=guided))
    assert model_card(str(model_folder)).recipe.steps == steps


@pytest.mark.parametrize("name", ["nonesuch", "./none/such", "/none/such", "a/b/c", "owner/"])
def test_a_name_that_is_neither_a_folder_nor_a_hubs(name: str) -> None:
    with pytest.raises(UserError, match=f"model {name}: no such folder; give a FLUX pipeline's folder"):
        model_card(name)


@pytest.mark.parametrize("index", [None, "", "[]", "{}", '{"_class_name": 3}'])
def test_a_folder_that_holds_no_pipeline(tmp_path: Path, index: str | None) -> None:
    if index is not None:
        (tmp_path / "model_index.json").write_text(index)
    with pytest.raises(UserError, match=r"has no model_index\.json that names a pipeline; it should hold"):
        model_card(str(tmp_path))


@pytest.mark.parametrize("kind", ["StableDiffusionPipeline", "Flux2Pipeline"])
def test_a_folder_that_holds_another_pipeline(model_folder: Path, edit: Edit, kind: str) -> None:
    edit(model_folder / "model_index.json", lambda found: found.update(_class_name=kind))
    with pytest.raises(UserError, match=f"the folder holds a {kind}; it should hold a FluxPipeline"):
        model_card(str(model_folder))


@pytest.mark.parametrize("part", PARTS)
def test_a_folder_that_lacks_a_part(model_folder: Path, part: str) -> None:
    rmtree(model_folder / part)
    with pytest.raises(UserError, match=f"the folder has no {part}, which a FluxPipeline needs"):
        model_card(str(model_folder))


def test_wrong_defaults_are_named_by_file_and_field(model_folder: Path, edit: Edit) -> None:
    edit(model_folder / DEFAULTS_FILE, lambda found: found["recipe"].update(steps=0))
    with pytest.raises(UserError, match=r"scenewright\.json: recipe\.steps: 0 is wrong"):
        model_card(str(model_folder))
