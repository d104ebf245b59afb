"""Each fault of a reply is one sentence that names it."""

from typing import Any

import pytest

from planner.llm.borrowed import example_replies
from planner.llm.checks import faults
from planner.llm.reply import SceneReply

PROMPT = "a fox left of an oak tree in a meadow, without dogs"
BOX = {"x0": 0, "y0": 0, "x1": 300, "y1": 300}
FAR = {"x0": 600, "y0": 600, "x1": 900, "y1": 900}


def region(name: str, prompt: str | None = None, **fields: Any) -> dict[str, Any]:
    where = {"horizontal": "left", "vertical": "top", "size": "small"}
    return {"name": name, "prompt": f"a fine {name}" if prompt is None else prompt, "where": where, **fields}


def relation(subject: str, predicate: str, object_: str) -> dict[str, Any]:
    return {"relations": [{"subject": subject, "predicate": predicate, "object": object_}]}


def scene(*regions: dict[str, Any], **fields: Any) -> SceneReply:
    return SceneReply.model_validate({"caption": "A meadow.", "regions": regions, **fields})


def pair(fox: dict[str, Any], oak: dict[str, Any], predicate: str) -> SceneReply:
    return scene(region("fox", **fox), region("oak", **oak), **relation("fox", predicate, "oak"))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (scene(), "regions is empty"),
        (scene(region("fox"), caption=" "), "caption is empty"),
        (scene(region(" ", "a fox")), "has no name"),
        (scene(region("fox", "")), "region 'fox' has an empty prompt"),
        (scene(region("fox", count=0)), "count must be 1 or more"),
        (scene(region("fox", depth=11)), "depth from 0 to 9"),
        (scene(region("fox", where="there")), "neither a place"),
        (scene(region("fox", where={**BOX, "x1": 0})), "(0, 0, 0, 300) is empty or upside down"),
        (scene(region("fox", where={**BOX, "x1": 1001})), "leaves the picture"),
        (scene(region("fox", "a red one"), region("Fox ", "a grey one")), "2 regions are named 'fox'"),
        (scene(region("fox", "it"), region("oak", "it")), "'fox' and 'oak' have the same prompt"),
        (scene(*(region(f"thing {i}", count=9) for i in range(4))), "are 36: at most 32"),
        (scene(region("fox"), **relation("fox", "on", "moon")), "names 'moon', which is no region"),
        (scene(region("fox"), **relation("fox", "on", "FOX")), "holds a region against itself"),
        (pair({}, {}, "astride"), "the predicate must be one of"),
        (scene(region("fox", "a fox and no dogs")), "mentions 'dogs', which is absent"),
        (scene(region("fox"), background="a meadow with a dog"), "background mentions 'dogs'"),
    ],
)
def test_a_fault_is_named(reply: SceneReply, said: str) -> None:
    told = faults(reply.model_copy(update={"absent": ("dogs",)}), PROMPT)
    assert len(told) == 1
    assert said in told[0]


def test_too_many_relations() -> None:
    many = {"relations": relation("fox", "on", "oak")["relations"] * 17}
    assert "relations has 17 entries" in faults(scene(region("fox"), region("oak"), **many), PROMPT)[0]


def test_a_wanted_thing_is_not_absent() -> None:
    told = faults(scene(region("fox"), absent=["fox"]), PROMPT)
    assert told == ("absent lists 'fox', which the user asks for: take it out of absent",)


@pytest.mark.parametrize(
    ("predicate", "subject", "denied"),
    [
        ("left of", BOX, False),
        ("left of", FAR, True),
        ("right of", FAR, False),
        ("above", BOX, False),
        ("above", FAR, True),
        ("on", FAR, True),
        ("below", FAR, False),
        ("under", BOX, True),
        ("inside", BOX, True),
        ("inside", {"x0": 420, "y0": 420, "x1": 480, "y1": 480}, False),
        ("next to", FAR, False),
    ],
)
def test_boxes_may_deny_a_relation(predicate: str, subject: dict[str, int], denied: bool) -> None:
    middle = {"x0": 400, "y0": 400, "x1": 500, "y1": 500}
    told = faults(pair({"where": subject}, {"where": middle}, predicate), PROMPT)
    assert bool(told) is denied


@pytest.mark.parametrize(
    ("predicate", "depth", "denied"),
    [("in front of", 2, True), ("in front of", 0, False), ("behind", 0, True), ("behind", 1, False)],
)
def test_depths_may_deny_a_relation(predicate: str, depth: int, denied: bool) -> None:
    assert bool(faults(pair({"depth": depth}, {"depth": 1}, predicate), PROMPT)) is denied


def test_what_is_copied_from_an_example_is_told() -> None:
    example = next(iter(example_replies().values()))
    told = faults(example.model_copy(update={"relations": ()}), "a ship at anchor")
    assert sum("copied from an example" in fault for fault in told) == len(example.regions) + 1
