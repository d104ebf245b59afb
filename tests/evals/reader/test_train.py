"""Training and export in miniature: a small encoder of random weights learns, and its graphs say the same."""

import argparse
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from evals.reader.check import READINGS
from evals.reader.data import label_reading, mirrored, read_readings
from evals.reader.export import export
from evals.reader.model import WIDTH, Reader
from evals.reader.train import Example, batches, examples, score, train
from planner.errors import WorldError
from planner.reader.planner import ReaderPlanner
from planner.reader.tokens import load_pieces, tokens, windows
from planner.reader.weights import load_weights

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary of the words of some readings."""
    words = {
        word.text for one in read_readings([READINGS / "world.jsonl"])[:60] for word in tokens(one["prompt"])
    }
    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[unused1]": 2}
    vocabulary |= {word: 200 + place for place, word in enumerate(sorted(words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106 (no password)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    path = tmp_path_factory.mktemp("pieces") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def small() -> Reader:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=600, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64
    )
    return Reader(BertModel(config, add_pooling_layer=False))


@pytest.fixture(scope="module")
def data(pieces: Path) -> list[Example]:
    readings = [label_reading(one) for one in read_readings([READINGS / "world.jsonl"])[:24]]
    return examples(readings, load_pieces(pieces))


def test_it_learns_and_tells_how_well(data: list[Example], tmp_path: Path) -> None:
    options = argparse.Namespace(seed=0, epochs=9, batch=8, out=tmp_path)
    model = small()
    before = score(model, data)
    train(model, [(one,) for one in data], data, options)
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in curve] == list(range(9))
    assert curve[-1]["loss"] < 0.6 * curve[0]["loss"]
    after = score(model, data)
    assert after["own words"] > max(before["own words"], 0.8)
    assert after["box error"] < 0.7 * before["box error"]
    assert set(after) >= {"own words", "foreign words", "counts", "places", "box error"}


def test_a_reading_is_learnt_as_it_is_or_in_a_mirror(pieces: Path) -> None:
    one = next(one for one in read_readings([READINGS / "world.jsonl"]) if mirrored(one))
    flipped = mirrored(one)
    assert flipped is not None
    sides = tuple(examples([label_reading(one), label_reading(flipped)], load_pieces(pieces)))
    chosen = [batches([sides], 8, random.Random(seed))[0][0] for seed in range(20)]
    assert {example == sides[0] for example in chosen} == {True, False}


def test_the_graphs_say_what_the_network_says(pieces: Path, tmp_path: Path) -> None:
    model = small()
    export(model, pieces, tmp_path)
    weights = load_weights(tmp_path)
    prompt = "A red ball in the upper right and two white circles to the left of it."
    words = tokens(prompt)
    seen = weights.of_words(words)
    (window,) = windows(words, load_pieces(pieces))
    with torch.no_grad():
        features = model.encode(torch.tensor([window.pieces]))[0][torch.tensor(window.first)]
        heads, settings, names, owners = model.words(torch.tensor(seen.features))
        things = model.things(torch.tensor(seen.features), torch.tensor([2, 5, 9]))
    assert np.corrcoef(seen.features.ravel(), features.numpy().ravel())[0, 1] > 0.9
    for told, wanted in zip(
        (seen.heads, seen.settings, seen.names, seen.owners), (heads, settings, names, owners), strict=True
    ):
        assert np.abs(told - wanted.numpy()).max() < 0.1
    of_things = weights.of_things(seen.features, [2, 5, 9])
    assert np.abs(of_things.boxes - things[4].numpy()).max() < 0.05
    assert of_things.relations.shape == (3, 3, 11)
    draft = ReaderPlanner(tmp_path)(prompt)
    assert draft.scene.prompt == prompt
    assert draft == ReaderPlanner(tmp_path)(prompt)


def test_missing_or_spoilt_weights_are_one_line(pieces: Path, tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="weights can't be read"):
        ReaderPlanner(tmp_path / "none")("a fox")
    export(small(), pieces, tmp_path)
    (tmp_path / "words.onnx").write_bytes(b"spoilt")
    with pytest.raises(WorldError, match="install scenewright again"):
        ReaderPlanner(tmp_path)("a fox")
