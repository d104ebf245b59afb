"""Models' folders and LoRAs: spoilt files, wrong types, pickles and pipes."""

import json
import os
import pickle
import struct
from collections.abc import Callable, Iterator
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

from renderer.cards import TINY, model_card
from renderer.models import Model, load_model
from renderer.pipelines import PIPELINES
from tests.hostile.campaign import EITHER, Case, all_of, file_of
from tests.hostile.inputs import CONTROLS, Json

pytestmark = pytest.mark.hostile

LOOK = ("a red star", "--plan-only", "-q", "--model", "m")
DRAW = ("a red star", "-q", "--size", "64x64", "--steps", "1", "-o", "out.png")

INDEX: dict[str, str | bytes] = {
    "empty": "",
    "list": "[]",
    "text": '"FluxPipeline"',
    "null": "null",
    "no_class": "{}",
    "class_null": '{"_class_name": null}',
    "class_list": '{"_class_name": ["FluxPipeline"]}',
    "class_of_code": '{"_class_name": "os.system"}',
    "class_with_controls": json.dumps({"_class_name": CONTROLS}),
    "class_long": json.dumps({"_class_name": "a" * 100_000}),
    "half": '{"_class_name": "FluxPipel',
    "deep": "[" * 100_000,
    "integer": '{"_class_name": "FluxPipeline", "x": ' + "9" * 5000 + "}",
    "latin_1": b'{"_class_name": "caf\xe9"}',
    "nul": b"\0" * 1000,
}
"""Contents of model_index.json that are refused."""

CARD: Json = json.loads((TINY / "scenewright.json").read_text("utf-8"))


def card(**changes: object) -> str:
    """The card of tiny but for the changes."""
    return json.dumps({**CARD, **changes})


def recipe(**changes: object) -> str:
    """The same with changes of its recipe."""
    return card(recipe={**CARD["recipe"], **changes})


CARDS: dict[str, str | bytes] = {
    "empty": "",
    "list": "[]",
    "null": "null",
    "number": "5",
    "nothing": "{}",
    "half": card()[:-10],
    "deep": "[" * 100_000,
    "deep_value": card()[:-1] + ', "x": ' + "[" * 1000 + "]" * 1000 + "}",
    "integer": card()[:-1] + ', "x": ' + "9" * 5000 + "}",
    "unknown": card(unknown=CONTROLS),
    "unknown_with_controls": card(**{CONTROLS: 1}),
    "size_null": card(size=None),
    "size_huge": card(size={"width": 10**9, "height": 64}),
    "recipe_null": card(recipe=None),
    "recipe_list": card(recipe=[]),
    "steps_text": recipe(steps=CONTROLS),
    "steps_huge": recipe(steps=10**12),
    "steps_negative": recipe(steps=-1),
    "ratio": recipe(base_ratio="x"),
    "ratio_infinite": recipe(base_ratio=float("inf")),
    "guidance_nan": recipe(guidance_scale=float("nan")),
    "mode": recipe(mode="x"),
    "unknown_of_recipe": recipe(unknown=1),
    "auto_list": card(auto=[]),
    "auto_empty": card(auto={}),
    "auto_rules": card(auto={"by": "x", "rules": [{}]}),
    "draws_list": card(draws=["star"]),
    "draws_number": card(draws={"star": 5}),
    "latin_1": b'{"size": "caf\xe9"}',
    "binary": bytes(range(256)) * 10,
}
"""Contents of scenewright.json that are refused."""

CONFIGS: dict[str, str | bytes] = {
    "list": "[]",
    "text": '{"guidance_embeds": "yes"}',
    "object": '{"guidance_embeds": {"a": []}}',
    "half": '{"guidance_',
    "deep": "[" * 100_000,
    "integer": '{"guidance_embeds": ' + "9" * 5000 + "}",
    "latin_1": b"caf\xe9",
}
"""Contents of the transformer's config.json, of which the card reads one field."""


class Bomb:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        """What pickle calls."""
        return open, ("owned", "w")


PICKLE = pickle.dumps({"weight": Bomb()})


def safetensors(header: object, data: bytes = b"") -> bytes:
    """A safetensors file with this header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


KEY = "transformer.x_embedder.lora_A.weight"
LORAS: dict[str, bytes] = {
    "empty": b"",
    "text": b"a text",
    "pickle": PICKLE,
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "header_length": struct.pack("<Q", 2**63 - 1) + b"{}",
    "header_of_100_megabytes": struct.pack("<Q", 100_000_000) + b"{}",
    "header_list": safetensors([]),
    "header_deep": safetensors(b"[" * 10_000),
    "header_empty": safetensors({}),
    "type": safetensors({KEY: {"dtype": "X", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
    "offsets": safetensors({KEY: {"dtype": "F32", "shape": [1], "data_offsets": [0, 2**40]}}, b"\0" * 4),
    "shape": safetensors({KEY: {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 4]}}, b"\0" * 4),
    "shape_negative": safetensors({KEY: {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"\0" * 4),
    "unknown_layer": safetensors(
        {CONTROLS: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4
    ),
    "one_half": safetensors({KEY: {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}, b"\0" * 4),
    "metadata": safetensors({"__metadata__": {"lora_adapter_metadata": CONTROLS}}),
}
"""Files that are no LoRA."""


def model(folder: Path) -> None:
    """A folder in diffusers' format with nothing in its parts."""
    for part in PIPELINES["FluxPipeline"].parts:
        (folder / "m" / part).mkdir(parents=True)
    (folder / "m" / "model_index.json").write_text('{"_class_name": "FluxPipeline"}', "utf-8")


def linked(folder: Path) -> None:
    """The model that ships, by links, but for its transformer, whose weights are a pickle."""
    (folder / "m").mkdir()
    for path in TINY.iterdir():
        if path.name != "transformer":
            (folder / "m" / path.name).symlink_to(path)
    (folder / "m" / "transformer").mkdir()
    (folder / "m" / "transformer" / "config.json").symlink_to(TINY / "transformer" / "config.json")
    for name in ("diffusion_pytorch_model.bin", "pytorch_model.bin"):
        (folder / "m" / "transformer" / name).write_bytes(PICKLE)


def pipe(name: str) -> Callable[[Path], None]:
    """A maker of a pipe in place of a file."""

    def make(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return make


def cases() -> Iterator[Case]:
    """All of them."""
    yield Case("whole", LOOK, model, (0,))
    for name, content in INDEX.items():
        yield Case(f"index-{name}", LOOK, all_of(model, file_of("m/model_index.json", content)))
    for name, content in CARDS.items():
        made = all_of(model, file_of("m/scenewright.json", content))
        yield Case(f"card-{name}", LOOK, made, contains="scenewright.json")
    for name, content in CONFIGS.items():
        yield Case(
            f"config-{name}", LOOK, all_of(model, file_of("m/transformer/config.json", content)), EITHER
        )
    for name in ("model_index.json", "scenewright.json", "transformer/config.json"):
        yield Case(f"pipe-{name}", LOOK, all_of(model, pipe(f"m/{name}")), EITHER)
    yield Case("index-folder", LOOK, lambda folder: (folder / "m" / "model_index.json").mkdir(parents=True))
    yield Case("index-code", LOOK, file_of("m/model_index.json", '{"_class_name": ["pipeline", "Evil"]}'))
    code = all_of(model, file_of("m/pipeline.py", "raise SystemExit('ran')\n"))
    yield Case("code-beside", LOOK, code, (0,))
    yield Case("pickle", (*DRAW, "--model", "m"), linked, (1, 2), draws=True)
    for name, content in LORAS.items():
        for ending in ("safetensors", "bin") if name in {"pickle", "text"} else ("safetensors",):
            words, file = (*DRAW, "--lora", f"evil.{ending}"), file_of(f"evil.{ending}", content)
            yield Case(f"lora-{name}.{ending}", words, file, draws=True, contains="--lora")


@pytest.fixture(scope="module")
def tiny() -> Model:
    """The shipped model, loaded once, with all that drawing imports."""
    import_module("renderer.encoding")
    import_module("renderer.rendering")
    return load_model(model_card("tiny"))


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_a_model(
    case: Case, campaign: Callable[[Case], None], tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "--lora" in case.arguments:

        def loaded(*_: object) -> Model:
            return tiny

        monkeypatch.setattr("renderer.models.load_model", loaded)
    campaign(case)
