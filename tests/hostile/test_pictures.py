"""Pictures that carry a record: what it may name, spoilt records, and painted layouts."""

import json
from collections.abc import Callable, Iterator
from operator import attrgetter

import numpy as np
import pytest
from PIL import Image

from tests.hostile.campaign import DRAWING, EITHER, Case, all_of, file_of, json_plan, picture_of
from tests.hostile.inputs import (
    CONTROLS,
    SIDE,
    Json,
    bomb_png,
    huge_png,
    mask_png,
    masked,
    noise,
    other_formats,
    picture,
    plan,
    png,
    record,
    saved,
    text_chunk,
)

pytestmark = pytest.mark.hostile

DRAW = ("--plan", "picture.png", "-q", "-o", "out.png")
LOOK = ("--plan", "picture.png", "--plan-only", "-q")

LORA = {"source": "stranger/lora", "weight": 1.0, "region": None}
NAMING: dict[str, tuple[Json, str]] = {
    "init_image": ({"extras": {"init_image": "{outside}/mask.png"}}, "init-image"),
    "init_image_relative": ({"extras": {"init_image": "../outside/mask.png"}}, "init-image"),
    "init_image_etc": ({"extras": {"init_image": "/etc/passwd"}}, "init-image"),
    "init_image_fifo": ({"extras": {"init_image": "/dev/zero"}}, "init-image"),
    "inpaint_mask": (
        {"extras": {"init_image": "{outside}/mask.png", "inpaint_mask": "{outside}/mask.png"}},
        "init-image",
    ),
    "lora": ({"extras": {"loras": [LORA]}}, "lora"),
    "lora_of_a_file": ({"extras": {"loras": [{"source": "{outside}/secret.txt"}]}}, "lora"),
    "two_loras": ({"extras": {"loras": [LORA, {"source": "other/lora"}]}}, "other/lora"),
    "lora_with_controls": ({"extras": {"loras": [{"source": CONTROLS}]}}, "lora"),
    "control": ({"extras": {"controls": [{"image": "{outside}/mask.png", "model": "a/b"}]}}, "control"),
    "model_of_the_hub": ({"model": "stranger/model"}, "stranger/model"),
    "model_of_a_folder": ({"model": "{outside}"}, "model"),
    "model_relative": ({"model": "../outside"}, "model"),
    "model_with_controls": ({"model": CONTROLS}, "model"),
    "model_of_a_url": ({"model": "https://example.com/model"}, "model"),
    "model_and_lora": ({"model": "stranger/model", "extras": {"loras": [LORA]}}, "stranger/model"),
}
"""Records that name files and models of others, and a word that the refusal must have."""

SPOILT: dict[str, str] = {
    "empty": "",
    "null": "null",
    "list": "[]",
    "number": "5",
    "half": json.dumps(record())[:-5],
    "deep": '{"plan": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "nested_objects": '{"plan": {}, "settings": ' + '{"a":' * 100 + "1" + "}" * 100 + "}",
    "no_plan": "{}",
    "plan_null": json.dumps(record(plan=None)),
    "plan_list": json.dumps(record(plan=[])),
    "plan_empty": json.dumps(record(plan={})),
    "plan_text": json.dumps(record(plan="{}")),
    "settings_list": json.dumps(record(settings=[])),
    "settings_text": json.dumps(record(settings="auto")),
    "settings_unknown": json.dumps(record(settings={"unknown": 1})),
    "settings_steps": json.dumps(record(settings={"steps": 10**9})),
    "settings_steps_text": json.dumps(record(settings={"steps": CONTROLS})),
    "settings_negative": json.dumps(record(settings={"steps": -1})),
    "settings_nan": '{"plan": ' + json.dumps(plan()) + ', "model": "tiny", "settings": {"base_ratio": NaN}}',
    "extras_list": json.dumps(record(extras=[])),
    "extras_unknown": json.dumps(record(extras={"unknown": CONTROLS})),
    "extras_loras": json.dumps(record(extras={"loras": 5})),
    "extras_weight": json.dumps(record(extras={"loras": [{"source": "a/b", "weight": 1e308}]})),
    "extras_strength": json.dumps(record(extras={"strength": 0.5})),
    "seed_huge": '{"plan": ' + json.dumps(plan()) + ', "model": "tiny", "seed": ' + "9" * 4301 + "}",
    "seed_of_25_digits": '{"plan": ' + json.dumps(plan()) + ', "model": "tiny", "seed": ' + "9" * 25 + "}",
    "seed_negative": json.dumps(record(seed=-1)),
    "key_with_controls": json.dumps(record(plan={**plan(), CONTROLS: 1})),
    "surrogate": json.dumps(record(plan=plan(version="\ud800"))),
    "mask_by_path": json.dumps(record(plan=masked("mask.png"))),
    "mask_absolute": json.dumps(record(plan=masked("{outside}/mask.png"))),
    "mask_parent": json.dumps(record(plan=masked("../outside/mask.png"))),
    "mask_fifo": json.dumps(record(plan=masked("/dev/zero"))),
    "mask_url": json.dumps(record(plan=masked("http://127.0.0.1:9/mask.png"))),
}
"""Records that are refused."""

TYPES: dict[str, Json] = {
    "seed_true": {"seed": True},
    "seed_text": {"seed": "0"},
    "seed_float": {"seed": 1.5},
    "seed_list": {"seed": [0]},
    "seed_null": {"seed": None},
    "model_null": {"model": None},
    "model_number": {"model": 5},
    "model_list": {"model": ["a/b"]},
    "versions_text": {"versions": CONTROLS},
    "unknown": {"unknown": CONTROLS},
    "settings_null": {"settings": None},
    "extras_null": {"extras": None},
    "extras_empty": {"extras": {}},
}
"""Fields of other types, which may be ignored."""

NO_RECORDS: dict[str, bytes] = {
    "no_record": mask_png(),
    "text_of_another_key": png(SIDE, SIDE, text_chunk("{}", key=b"parameters")),
    "itxt_bomb": png(SIDE, SIDE, text_chunk(" " * 100_000_000, "iTXt-z")),
    "ztxt_bomb": png(SIDE, SIDE, text_chunk(" " * 100_000_000, "zTXt")),
    "many_ztxt_bombs": png(SIDE, SIDE, *(text_chunk(" " * 1_000_000, "zTXt") for _ in range(100))),
    "late_bomb": png(SIDE, SIDE, late=[text_chunk(" " * 100_000_000, "iTXt-z")]),
    "spoilt_itxt": png(SIDE, SIDE, text_chunk("{}").replace(b"\0\0\0\0\0", b"\0\1\0\0\0")),
    "huge_header": huge_png(100_000, 100_000),
    "bomb_of_20000": bomb_png(20_000),
    "half": picture(record())[:-40],
    "latin_1": png(SIDE, SIDE, text_chunk("caf\u00e9", "tEXt")),
    **{f"format_{name}": content for name, content in other_formats().items()},
}

PAINTED = ("--plan", "plan.json", "--plan-only", "-q", "--painted", "painted.png", "--paint", "red=star")
BAD_PAINTINGS: dict[str, bytes] = {
    "noise": noise(SIDE, SIDE),
    "noise_with_alpha": noise(SIDE, SIDE, "RGBA"),
    "grey_noise": noise(SIDE, SIDE, "L"),
    "wide": saved(Image.new("RGB", (9000, SIDE), "red"), "PNG"),
    "9000_squared": saved(Image.new("1", (9000, 9000)), "PNG"),
    "huge_header": huge_png(60_000, 60_000),
    "bomb": bomb_png(30_000),
    "1x1": saved(Image.new("RGB", (1, 1), "red"), "PNG"),
    "no_picture": b"a text",
    "empty": b"",
    "half": saved(Image.new("RGB", (SIDE, SIDE), "red"), "PNG")[:-30],
    "transparent": saved(Image.new("RGBA", (SIDE, SIDE)), "PNG"),
    "16_bits": saved(Image.new("I;16", (SIDE, SIDE), 65535), "PNG"),
    "32_colours": saved(
        Image.fromarray(np.arange(SIDE * SIDE * 3, dtype=np.uint8).reshape(SIDE, SIDE, 3)), "PNG"
    ),
    "text_bomb": png(SIDE, SIDE, text_chunk("x" * 100_000_000, "zTXt")),
}


def cases() -> Iterator[Case]:
    """All of them."""
    for name, (changes, word) in NAMING.items():
        for kind in ("iTXt", "zTXt") if name in {"init_image_etc", "lora"} else ("iTXt",):
            made = picture_of(record(**changes), kind)
            yield Case(f"names-{name}-{kind}", DRAW, made, contains=word)
    trusted = picture_of(record(extras={"loras": [LORA]}))
    yield Case("names-lora-trusted", (*DRAW, "--trust"), trusted, (1,), contains=DRAWING)
    model = picture_of(record(model="stranger/model"))
    yield Case("names-model-anew", (*DRAW, "--model", "tiny"), model, (1,), contains=DRAWING)
    yield Case("names-lora-anew", (*DRAW, "--lora", "own/lora"), trusted, (1,), contains=DRAWING)
    late = png(SIDE, SIDE, late=[text_chunk(json.dumps(record(extras={"loras": [LORA]})))])
    yield Case("names-lora-late", DRAW, file_of("picture.png", late), contains="lora")
    for name, text in SPOILT.items():
        for kind in ("iTXt", "zTXt") if name in {"half", "deep", "seed_huge"} else ("iTXt",):
            beside = all_of(picture_of(text, kind), file_of("mask.png", mask_png()))
            yield Case(f"spoilt-{name}-{kind}", LOOK, beside)
    for name, changes in TYPES.items():
        made = picture_of(record(**changes))
        yield Case(f"type-{name}", LOOK, made, EITHER)
        yield Case(f"type-{name}-drawn", DRAW, made, (1, 2))
    for name, content in NO_RECORDS.items():
        yield Case(f"none-{name}", LOOK, file_of("picture.png", content), contains="picture.png")
    notes = [{"kind": "lost", "name": CONTROLS, "text": CONTROLS}]
    controls = picture_of(record(plan=plan(notes=notes)))
    yield Case("notes-with-controls", LOOK[:-1], controls, (0,))
    for name, content in BAD_PAINTINGS.items():
        both = all_of(json_plan(plan()), file_of("painted.png", content))
        yield Case(f"painted-{name}", PAINTED, both, contains="painted.png")
    for name, content in other_formats().items():
        both = all_of(json_plan(plan()), file_of("painted.png", content))
        yield Case(f"painted-{name}", (*PAINTED[:-1], "white=star"), both, contains="painted.png")
    noisy = all_of(
        json_plan(plan(size={"width": 1024, "height": 1024})), file_of("painted.png", noise(1024, 1024))
    )
    yield Case("painted-noise-of-1024", PAINTED, noisy, contains="painted.png")
    for name in ("init-image", "control"):
        arguments = ("--plan", "plan.json", "-q", f"--{name}", "picture.png")
        more = ("--controlnet", "a/b") if name == "control" else ()
        yield Case(f"{name}-drawn", (*arguments, *more), json_plan(plan()), (1, 2))


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_a_picture(case: Case, campaign: Callable[[Case], None]) -> None:
    campaign(case)
