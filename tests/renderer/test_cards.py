"""What is known of a model before it is loaded."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from planner.errors import UserError, WorldError
from planner.plans import Size
from planner.scene import Region, Scene
from renderer.cards import DEFAULTS_FILE, TINY, model_card
from renderer.catalog import KNOWN, KnownModel, likest
from renderer.listing import listed, matrix, table
from renderer.pipelines import PIPELINES

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
    with pytest.raises(UserError, match=f"model {name}: no such folder; give a pipeline's folder"):
        model_card(name)


@pytest.mark.parametrize("index", [None, "", "[]", "{}", '{"_class_name": 3}'])
def test_a_folder_that_holds_no_pipeline(tmp_path: Path, index: str | None) -> None:
    if index is not None:
        (tmp_path / "model_index.json").write_text(index)
    with pytest.raises(
        UserError, match=r"has no model_index\.json that names a pipeline; known are .*FluxPipeline, "
    ):
        model_card(str(tmp_path))


@pytest.mark.parametrize("kind", ["StableDiffusionPipeline", "FluxControlPipeline"])
def test_a_folder_that_holds_another_pipeline(model_folder: Path, edit: Edit, kind: str) -> None:
    edit(model_folder / "model_index.json", lambda found: found.update(_class_name=kind))
    with pytest.raises(UserError, match=f"the folder holds a {kind}; known are .*FluxPipeline, "):
        model_card(str(model_folder))


@pytest.mark.parametrize("part", PIPELINES["FluxPipeline"].parts)
def test_a_folder_that_lacks_a_part(model_folder: Path, part: str) -> None:
    rmtree(model_folder / part)
    with pytest.raises(UserError, match=f"the folder has no {part}, which a FluxPipeline needs"):
        model_card(str(model_folder))


def test_wrong_defaults_are_named_by_file_and_field(model_folder: Path, edit: Edit) -> None:
    edit(model_folder / DEFAULTS_FILE, lambda found: found["recipe"].update(steps=0))
    with pytest.raises(UserError, match=r"scenewright\.json: recipe\.steps: 0 is wrong"):
        model_card(str(model_folder))


def test_the_table_of_pipelines_stands_in_the_readme() -> None:
    """By the program's own words: `renderer.listing.matrix`."""
    text = (Path(__file__).parents[2] / "renderer" / "README.md").read_text("utf-8")
    assert "\n".join(matrix()) in text


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.name)
def test_a_short_name_is_a_models_with_its_recipe(model: KnownModel) -> None:
    by_name, by_hub = model_card(model.name), model_card(model.source)
    assert (by_name.source, by_name.kind, by_name.recipe) == (model.source, model.kind, model.recipe)
    assert by_hub.recipe == model.recipe
    assert model.kind.true_cfg or model.recipe.true_cfg_scale == 1
    assert model.kind.distilled or model.recipe.guidance_scale == 0
    front = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert f"`{model.name}`" in front


@pytest.mark.parametrize(
    ("pipeline", "name", "configs", "likest_name"),
    [
        ("FluxPipeline", "my-model", {"transformer": {"guidance_embeds": True}}, "flux-dev"),
        ("FluxPipeline", "my-model", {"transformer": {"guidance_embeds": False}}, "flux-schnell"),
        ("FluxPipeline", "somebody/a-finetune", {"model_index": {}}, "flux-dev"),
        ("FluxPipeline", "somebody/Schnell-fast", {"model_index": {}}, "flux-schnell"),
        ("Flux2KleinPipeline", "x", {"model_index": {"is_distilled": True}}, "flux2-klein"),
        ("Flux2KleinPipeline", "x", {"model_index": {"is_distilled": False}}, "flux2-klein-base"),
        ("ZImagePipeline", "My-Z-Image-Turbo", {}, "z-image-turbo"),
        ("ZImagePipeline", "zimage", {}, "z-image"),
        ("Krea2Pipeline", "x", {"model_index": {"is_distilled": True}}, "krea2-turbo"),
    ],
)
def test_a_model_without_a_name_is_run_as_the_likest(
    pipeline: str, name: str, configs: dict[str, dict[str, bool]], likest_name: str
) -> None:
    assert likest(pipeline, name, configs).name == likest_name


def test_a_models_kind_on_the_hub_is_read_from_its_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WorldError, match="model owner/name: can't be fetched from the hub"):
        model_card("owner/name")


def test_models_are_listed_with_what_was_shown_of_each() -> None:
    heads, *lines = table()
    assert [line[0] for line in lines] == ["tiny", *(model.name for model in KNOWN)]
    assert all(len(line) == len(heads) for line in lines)
    assert len(list(listed())) == len(lines) + 1
