"""Detectors of transformers by name, end to end: small random ones, saved to disk with their processors.

What they find says nothing about quality: the tests check the labels and the thing of every box.
"""

import json
from collections.abc import Callable
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoModelForZeroShotObjectDetection,
    AutoProcessor,
    BertTokenizer,
    CLIPTokenizer,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    GroundingDinoImageProcessorPil,
    GroundingDinoProcessor,
    MMGroundingDinoConfig,
    MMGroundingDinoForObjectDetection,
    Owlv2Config,
    Owlv2ForObjectDetection,
    Owlv2ImageProcessorPil,
    Owlv2Processor,
)

from evals.benchmarks.samples import Sample
from evals.scorers import detector
from evals.scorers.detector import Detection, without_duplicates
from evals.scorers.protocol import Drawn
from evals.scorers.registry import scorer_named
from planner.plans import Plan, Size
from renderer.pipeline import make_plan

SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
WIDTH, HEIGHT = 128, 96
BERT = {100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
"""Where BERT's vocabulary has them: Grounding DINO knows some of them by their numbers."""


def owlv2(out: Path) -> None:
    """An OWLv2 of a few thousand parameters that reads letter by letter."""
    # To OWLv2, text that starts with token 0 is no question: the first token is left to nothing.
    letters = [*"!", *ascii_lowercase, *(f"{letter}</w>" for letter in ascii_lowercase)]
    words = [*letters, "<|startoftext|>", "<|endoftext|>"]
    (out / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (out / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer.from_pretrained(out)
    text = {**SMALL, "vocab_size": len(tokenizer), "max_position_embeddings": 77}
    text |= {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    vision = {**SMALL, "image_size": 64, "patch_size": 16}
    config = Owlv2Config(text_config=text, vision_config=vision, projection_dim=16)
    Owlv2ForObjectDetection(config).save_pretrained(out)
    Owlv2Processor(Owlv2ImageProcessorPil(size={"height": 64, "width": 64}), tokenizer).save_pretrained(out)


def dino(out: Path, config: type[Any], kind: type[Any]) -> None:
    """A Grounding DINO of 181,000 parameters, so random that what it is asked for makes a difference."""
    words = ["[PAD]", *(BERT.get(number, f"[unused{number}]") for number in range(1, 1030))]
    words += [*ascii_lowercase, *(f"##{letter}" for letter in ascii_lowercase)]
    tokenizer = BertTokenizer(vocab={word: number for number, word in enumerate(words)})
    swin = {"model_type": "swin", "image_size": 64, "embed_dim": 8, "depths": [1] * 4, "num_heads": [1] * 4}
    swin |= {"window_size": 2, "out_indices": [2, 3, 4]}
    text = {"model_type": "bert", "vocab_size": len(words), **SMALL}
    layers = {"encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "d_model": 32, "num_queries": 10}
    model = kind(config(backbone_config=swin, text_config=text, **layers, **heads))
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.05)
    model.save_pretrained(out)
    images = GroundingDinoImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 96})
    GroundingDinoProcessor(images, tokenizer).save_pretrained(out)


def grounding_dino(out: Path) -> None:
    dino(out, GroundingDinoConfig, GroundingDinoForObjectDetection)


def mm_grounding_dino(out: Path) -> None:
    dino(out, MMGroundingDinoConfig, MMGroundingDinoForObjectDetection)


@pytest.fixture(
    scope="module", params=[owlv2, grounding_dino, mm_grounding_dino], ids=lambda made: made.__name__
)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector with its processor, as `save_pretrained` leaves them."""
    made: Callable[[Path], None] = request.param
    out = tmp_path_factory.mktemp(made.__name__)
    torch.manual_seed(0)
    made(out)
    return out


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan("two dogs left of a cat", size=Size(width=128, height=128))


@pytest.fixture(scope="module")
def image() -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


Boxes = list[tuple[float, ...]]


def by_hand(folder: Path, image: Image.Image, label: str) -> Boxes:
    """What the model says of one label by its own processor: each box's score and edges in pixels."""
    processor: Any = AutoProcessor.from_pretrained(folder)
    model: Any = AutoModelForZeroShotObjectDetection.from_pretrained(folder).eval()
    inputs = processor(images=image, text=[[label]], return_tensors="pt")
    with torch.inference_mode():
        outputs = model(**inputs)
    (found,) = processor.post_process_grounded_object_detection(
        outputs, threshold=0.0, target_sizes=[(HEIGHT, WIDTH)], text_labels=[[label]]
    )
    return [
        (score, *box) for score, box in zip(found["scores"].tolist(), found["boxes"].tolist(), strict=True)
    ]


def boxes_of(seen: list[Detection], name: str) -> Boxes:
    """The same for what the scorer finds by a name."""
    return [
        (one.score, *(edge * side for edge, side in zip(one.instance.box, (WIDTH, HEIGHT) * 2, strict=True)))
        for one in seen
        if one.instance.name == name
    ]


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[Detection]:
    """All that a detector finds, at any score, before the scorer removes duplicates."""
    seen: list[Detection] = []

    def catch(found: list[Detection]) -> list[Detection]:
        seen.extend(found)
        return without_duplicates(found)

    monkeypatch.setattr(detector, "THRESHOLD", 0.0)
    monkeypatch.setattr(detector, "without_duplicates", catch)
    return seen


def test_a_detector_is_loaded_and_every_box_is_of_the_label_that_it_got(
    folder: Path, plan: Plan, image: Image.Image, caught: list[Detection]
) -> None:
    scorer = scorer_named(f"detector:{folder}")
    values = scorer(Drawn(image, Sample(0, "", None), plan)).values
    assert set(values) == {metric.name for metric in scorer.metrics}
    assert values["found"] == 1.0
    assert values["box IoU"] is not None
    assert 0 <= values["box IoU"] <= 1
    prompts = {region.name.rstrip(" 12"): region.prompt for region in plan.scene.regions}
    assert set(prompts) == {"dog", "cat"}
    for name, prompt in prompts.items():
        seen, expected = (sorted(boxes) for boxes in (boxes_of(caught, name), by_hand(folder, image, prompt)))
        # Pipelines cut edges off to whole pixels.
        np.testing.assert_allclose(np.array(seen)[:, 0], np.array(expected)[:, 0], atol=1e-5)
        np.testing.assert_allclose(np.array(seen)[:, 1:], np.array(expected)[:, 1:], atol=1.01)
    assert boxes_of(caught, "dog") != boxes_of(caught, "cat")


def test_letters_and_full_stops_of_a_prompt_change_nothing(
    folder: Path, plan: Plan, image: Image.Image, caught: list[Detection]
) -> None:
    regions = [
        region.model_copy(update={"prompt": f"{region.prompt.upper()}."}) for region in plan.scene.regions
    ]
    scene = plan.scene.model_copy(update={"regions": tuple(regions)})
    for each in (plan, plan.model_copy(update={"scene": scene})):
        scorer_named(f"detector:{folder}")(Drawn(image, Sample(0, "", None), each))
    half = len(caught) // 2
    one, other = (
        [(seen.score, seen.instance.box) for seen in some] for some in (caught[:half], caught[half:])
    )
    assert one
    assert one == other


def test_nothing_to_find_is_nothing_to_score(folder: Path) -> None:
    empty = make_plan("at night", size=Size(width=128, height=128))
    scored = scorer_named(f"detector:{folder}")(Drawn(Image.new("RGB", (64, 64)), Sample(0, "", None), empty))
    assert set(scored.values.values()) == {None}
