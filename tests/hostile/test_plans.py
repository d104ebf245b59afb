"""Plan files of strangers: wrong types, bombs, numbers, depth, regions and polygons."""

import json
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from tests.hostile.campaign import EITHER, PLAN, Case, json_plan
from tests.hostile.inputs import CONTROLS, Json, plan, plan_with, region, scene

pytestmark = pytest.mark.hostile

WRONG: dict[str, tuple[object, ...]] = {
    "version": ("three", 4, 0, -1, [], {}, 3.5, 10**19),
    "size": (None, 5, [], "64x64", {"width": 64, "height": 64, "depth": 1}),
    "size.width": (None, 0, -64, 63, 8208, 10**9, 64.5, "wide", [], {}, 1e308),
    "scene": (None, 5, [], "a star", {}),
    "origin": (None, 5, "llm", [], {}, {"planner": "other"}, {"planner": None}),
    "notes": (None, 5, "x", {}, [5], [{"kind": "x", "name": "", "text": ""}], [{"kind": "moved"}]),
    "unknown": (None, 5),
    "scene.caption": (None, 5, [], {}, "", "a" * 4001),
    "scene.prompt": (None, 5, []),
    "scene.background": (None, 5, "a" * 4001),
    "scene.absent": (None, 5, "x", [5], [""], ["a" * 81]),
    "scene.quotes": (None, 5, [], {"background": 5}, {"nothing": []}),
    "scene.regions": (None, 5, "x", {}, [5], [None], [[]]),
    "scene.relations": (None, 5, {}, [5], [{}], [{"subject": "star", "predicate": "eats", "object": "star"}]),
    "region.name": (None, 5, [], "", "a" * 81),
    "region.prompt": (None, 5, [], "", "a" * 4001),
    "region.count": (None, 0, -1, 1001, "many", 10**19, 1.5),
    "region.depth": (None, -1, 10, "deep"),
    "region.size": (5, "huge"),
    "region.wish": (5, [], {"x0": 0}),
    "region.where": (5, "left", [0, 0, 1, 1], {}, {"unknown": 1}, {"x0": 0}, {"mask": 5}, {"mask": ""}),
    "region.unknown": ("x",),
}
"""Values that a field does not take, by the field."""

BOXES: tuple[Json, ...] = (
    {"x0": 0, "y0": 0, "x1": 0, "y1": 0},
    {"x0": 500, "y0": 0, "x1": 100, "y1": 1000},
    {"x0": -1, "y0": 0, "x1": 10, "y1": 10},
    {"x0": 0, "y0": 0, "x1": 1001, "y1": 10},
    {"x0": 0, "y0": 0, "x1": 10**18, "y1": 10},
    {"x0": 0.5, "y0": 0, "x1": 10, "y1": 10},
    {"x0": None, "y0": 0, "x1": 10, "y1": 10},
)

TEXTS: dict[str, str] = {
    "empty": "",
    "space": " \n",
    "null": "null",
    "true": "true",
    "number": "5",
    "text": '"plan"',
    "list": "[]",
    "list_of_lists": "[[[[]]]]",
    "object": "{}",
    "half": json.dumps(plan())[:-20],
    "twice": json.dumps(plan()) * 2,
    "comment": "// a plan\n" + json.dumps(plan()),
    "trailing_comma": json.dumps(plan())[:-1] + ",}",
    "nan": json.dumps(plan_with(count=float("nan"))),
    "infinity": json.dumps(plan_with(count=float("inf"))),
    "minus_infinity": json.dumps(plan(size={"width": float("-inf"), "height": 64})),
    "float_overflow": json.dumps(plan()).replace("500", "1e999"),
    "integer_of_21_digits": json.dumps(plan()).replace("500", "9" * 21),
    "integer_of_4300_digits": json.dumps(plan()).replace("500", "9" * 4300),
    "integer_of_5000_digits": json.dumps(plan()).replace("500", "9" * 5000),
    "integer_of_a_million_digits": json.dumps(plan()).replace("500", "9" * 10**6),
    "version_of_5000_digits": '{"version": ' + "9" * 5000 + "}",
    "version_of_4000_digits": '{"version": ' + "9" * 4000 + "}",
    "exponent": '{"version": 1e' + "9" * 4000 + "}",
    "version_of_a_long_text": json.dumps(plan(version="v" * 100_000)),
    "lists_65_deep": '{"scene": ' + "[" * 65 + "]" * 65 + "}",
    "lists_1000_deep": "[" * 1000 + "]" * 1000,
    "lists_100000_deep": "[" * 100_000 + "]" * 100_000,
    "lists_not_closed": "[" * 1_000_000,
    "objects_5000_deep": '{"a":' * 5000 + "1" + "}" * 5000,
    "account_100_deep": json.dumps(plan())[:-1] + ', "account": ' + "[" * 100 + "]" * 100 + "}",
    "controls": CONTROLS,
    "key_with_controls": json.dumps({CONTROLS: 1}),
    "key_with_newline": json.dumps({**plan(), "a\nscenewright: a second line": 1}),
    "long_key": json.dumps({**plan(), "k" * 100_000: 1}),
    "nul": "\0" * 1000,
    "lone_surrogate_in_name": json.dumps(plan_with(name="\ud800")),
    "lone_surrogate_in_prompt": json.dumps(plan_with(prompt="\udfff star")),
    "raw_surrogate": '{"version": "\ud800"}',
    "many_keys": json.dumps({f"key {i}": i for i in range(100_000)}),
    "many_errors": json.dumps(plan(scene=scene(regions=[{"name": 5}] * 32))),
    "html": "<script>alert(1)</script>",
    "python": "__import__('os').system('touch owned')",
    "yaml": "!!python/object/apply:os.system ['touch owned']",
}
"""Texts that are no plan."""

BYTES: dict[str, bytes] = {
    "latin_1": b'{"caption": "caf\xe9"}',
    "utf_16": json.dumps(plan()).encode("utf-16"),
    "utf_32": json.dumps(plan()).encode("utf-32"),
    "gzip": bytes.fromhex("1f8b0800000000000003") + b"\0" * 100,
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "pickle": b"\x80\x04\x95\x20\x00\x00\x00cos\nsystem\n(S'touch owned'\ntR.",
    "elf": b"\x7fELF" + b"\xff" * 1000,
    "nul_bytes": b"\0\xff" * 1000,
    "one_byte": b"\xff",
    "signature_only": b"\x89PNG\r\n\x1a\n",
    "over_32_megabytes": b" " * (32 * 2**20 + 1) + json.dumps(plan()).encode(),
}


def regions(number: int) -> Json:
    """A plan of so many regions."""
    return plan(scene=scene(regions=[region(name=f"star {i}") for i in range(number)]))


def polygon(points: list[tuple[int, int]]) -> Json:
    """A plan whose region is a polygon."""
    return plan_with(where={"points": [{"x": x, "y": y} for x, y in points]})


def comb(number: int) -> list[tuple[int, int]]:
    """A zigzag of so many points."""
    return [(i % 1001, (i * 7) % 1001) for i in range(number)]


SHAPES: dict[str, Json] = {
    "33_regions": regions(33),
    "1000_regions": regions(1000),
    "10000_regions": regions(10_000),
    "100000_regions": regions(100_000),
    "names_alike": plan(scene=scene(regions=[region(), region()])),
    "relation_to_itself": plan(
        scene=scene(relations=[{"subject": "star", "predicate": "on", "object": "star"}])
    ),
    "relation_to_nothing": plan(
        scene=scene(relations=[{"subject": "star", "predicate": "on", "object": CONTROLS}])
    ),
    "polygon_of_nothing": polygon([]),
    "polygon_of_two": polygon([(0, 0), (1, 1)]),
    "polygon_of_a_line": polygon([(0, 0), (500, 500), (1000, 1000)]),
    "polygon_that_crosses": polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)]),
    "polygon_of_one_point": polygon([(5, 5)] * 1000),
    "polygon_of_10001": polygon(comb(10_001)),
    "polygon_of_100000": polygon(comb(100_000)),
    "polygon_of_300000": polygon(comb(300_000)),
    "polygon_off_the_canvas": polygon([(0, 0), (0, 2000), (2000, 0)]),
    **{f"box_{i}": plan_with(where=box) for i, box in enumerate(BOXES)},
}

TAKEN: dict[str, Json] = {
    "version_1": plan(version=1, account=[]),
    "version_1_spoilt_account": plan(version=1, account={"a": "b"}),
    "version_true": plan(version=True),
    "seed_true": plan(origin={"planner": "file", "seed": True}),
    "seed_negative": plan(origin={"planner": "file", "seed": -5}),
    "seed_of_20_digits": plan(origin={"planner": "file", "seed": 10**19}),
    "seed_null": plan(origin={"planner": "file", "seed": None}),
    "controls_in_name": plan_with(name=CONTROLS),
    "newlines_in_name": plan_with(name="star\nscenewright: a second line"),
    "controls_in_prompt": plan_with(prompt=CONTROLS),
    "controls_everywhere": plan(
        scene=scene(prompt=CONTROLS, caption=CONTROLS, style=CONTROLS, background=CONTROLS, absent=[CONTROLS])
    ),
    "controls_in_notes": plan(notes=[{"kind": "warning", "name": CONTROLS, "text": f"{CONTROLS}\nnext"}]),
    "controls_in_model": plan(origin={"planner": "llm", "model": CONTROLS, "repairs": [CONTROLS]}),
    "markup_of_rich": plan_with(name="[bold red]star[/] [link=file:///etc/passwd]x[/link]"),
    "markup_in_notes": plan(notes=[{"kind": "lost", "name": "[/]", "text": "[blink]"}]),
    "prompt_of_a_million": plan(scene=scene(prompt="star " * 200_000)),
    "quotes_of_a_million": plan_with(quotes=["star"] * 100_000),
    "brackets": plan(scene=scene(prompt="(" * 5000 + ")" * 5000)),
    "count_1000": plan_with(count=1000, where=None),
    "32_counted_by_10": plan(
        scene=scene(regions=[region(name=f"star {i}", count=10, where=None) for i in range(32)])
    ),
    "32_open_places": plan(scene=scene(regions=[region(name=f"s{i}", where=None) for i in range(32)])),
    "relations_in_a_circle": plan(
        scene=scene(
            regions=[region(name=f"s{i}", where=None) for i in range(32)],
            relations=[
                {"subject": f"s{i}", "predicate": "left of", "object": f"s{(i + 1) % 32}"} for i in range(32)
            ],
        )
    ),
    "10000_relations": plan(
        scene=scene(
            regions=[region(name="a"), region(name="b")],
            relations=[{"subject": "a", "predicate": "left of", "object": "b"}] * 10_000,
        )
    ),
    "10000_notes": plan(notes=[{"kind": "moved", "name": "x", "text": "y"}] * 10_000),
    "canvas_of_8192": plan(size={"width": 8192, "height": 8192}),
    "canvas_of_a_strip": plan(size={"width": 8192, "height": 64}),
    "negative_of_a_region": plan_with(negative=CONTROLS),
    "owners_of_account": plan(account=[{"text": CONTROLS, "owners": [CONTROLS]}] * 1000),
}
"""Plans that may be drawn, and what they say must be shown safely."""


def changed(field: str, value: object) -> Json:
    """A plan with another value for a field."""
    home, _, name = field.rpartition(".")
    match home:
        case "scene":
            return plan(scene=scene(**{name: value}))
        case "region":
            return plan_with(**{name: value})
        case "size":
            return plan(size={"width": 64, "height": 64, name: value})
        case _:
            return plan(**{name: value})


def cases() -> Iterator[Case]:
    """All of them."""
    for field, values in WRONG.items():
        for number, value in enumerate(values):
            name = f"{field}-{number}"
            yield Case(name, make=json_plan(changed(field, value)), contains="plan.json")
    for name, content in {**TEXTS, **BYTES, **SHAPES}.items():
        yield Case(name, make=json_plan(content), contains="plan.json")
    for name, content in TAKEN.items():
        yield Case(name, PLAN[:-1], json_plan(content), EITHER)


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_a_plan(case: Case, campaign: Callable[[Case], None]) -> None:
    campaign(case)


def test_a_plan_of_64_levels_is_refused_for_its_fields_alone(
    tmp_path: Path, campaign: Callable[[Case], None]
) -> None:
    """The limit of depth is not lower than it says."""
    del tmp_path
    deep = json.dumps(plan())[:-1] + ', "account": ' + "[" * 60 + "]" * 60 + "}"
    campaign(Case("64_levels", make=json_plan(deep), codes=(0,)))
