"""The CLIP scorer, end to end on a small random CLIP that is saved to disk: what it says is no quality."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPProcessor, CLIPTokenizer

from evals.benchmarks.samples import Sample
from evals.scorers.clip import region_crops
from evals.scorers.protocol import Drawn, score
from evals.scorers.registry import scorer_named
from planner.errors import UserError
from planner.plans import Plan, Size
from renderer.cards import TINY
from renderer.pipeline import make_plan

TEXT = "A red star in the upper left and a blue ring in the lower right"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of a few thousand parameters, with tiny-flux's tokenizer."""
    out = tmp_path_factory.mktemp("clip")
    tokenizer = CLIPTokenizer.from_pretrained(TINY / "tokenizer")
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**small, "vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id}
    vision = {**small, "image_size": 32, "patch_size": 8}
    torch.manual_seed(0)
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)).save_pretrained(out)
    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(images, tokenizer).save_pretrained(out)
    return out


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(TEXT, size=Size(width=128, height=128))


def drawn(plan: Plan, colour: str, text: str = TEXT) -> Drawn:
    return Drawn(Image.new("RGB", (128, 128), colour), Sample(0, text, None), plan)


def test_cosines_are_of_the_pictures_and_the_words(folder: Path, plan: Plan) -> None:
    clip = scorer_named(f"clip:{folder}")
    red = clip(drawn(plan, "red")).values
    assert set(red) == {"regions", "whole"}
    assert all(value is not None and -1 <= value <= 1 for value in red.values())
    assert clip(drawn(plan, "red")).values == red
    assert clip(drawn(plan, "blue")).values["regions"] != red["regions"]
    assert clip(drawn(plan, "red", "a green moon")).values["whole"] != red["whole"]
    assert clip(drawn(plan, "red", "a green moon")).values["regions"] == pytest.approx(red["regions"])


def test_long_prompts_are_cut(folder: Path, plan: Plan) -> None:
    assert scorer_named(f"clip:{folder}")(drawn(plan, "red", "star " * 500)).values["whole"] is not None


def test_a_plan_without_regions_has_none(folder: Path) -> None:
    plan = make_plan("at night", size=Size(width=128, height=128))
    assert not plan.scene.regions
    assert scorer_named(f"clip:{folder}")(drawn(plan, "red")).values["regions"] is None


def test_crops_show_the_regions(plan: Plan) -> None:
    image = Image.new("RGB", (128, 128), "white")
    image.paste("red", (0, 0, 64, 64))
    crops = dict(region_crops(image, plan))
    assert crops["A red star"].getpixel((2, 2)) == (255, 0, 0)
    assert crops["a blue ring"].getpixel((2, 2)) == (255, 255, 255)


def test_a_model_that_can_not_be_loaded_leaves_pictures_unscored(tmp_path: Path, plan: Plan) -> None:
    row = score((scorer_named(f"clip:{tmp_path}"),), drawn(plan, "red"))
    assert row.scores == {}
    assert "can't be loaded" in row.unscored["clip"]


def test_a_name_that_is_no_model_is_refused() -> None:
    with pytest.raises(UserError, match="should be clip:FOLDER or clip:OWNER/NAME"):
        scorer_named("clip")
