"""Prompts of two things, each with its plan and with where the world would draw its things."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from evals.world import words
from evals.world.facts import Facts, Relates, Wanted
from evals.world.phrases import with_article
from evals.world.placed import two_things
from evals.world.tableau import RIM, SPANS, TOKEN, Setting, Tableau, Thing, sample_tableau
from evals.world.trial import Edges, named, plan_boxes
from planner.plans import Origin, Plan, Size
from planner.scene import GRID, Box, Region, Scene
from renderer.pipeline import make_plan

HOLLOW = ("star", "heart", "circle", "square", "triangle")
"""Kinds that are full in the middle, and whose outline is not."""


@dataclass(frozen=True)
class Case:
    """A prompt with its plan; `regions` are the names of its things' regions."""

    seed: int
    facts: Facts
    plan: Plan
    things: tuple[Thing, ...]
    regions: tuple[str, ...]


def placed(first: int, size: Size) -> Iterator[Case]:
    """Prompts that say where things stand, as the built-in planner plans them; things fill their boxes.

    The seeds from `first` on whose things are `HOLLOW` and have boxes of three tokens or more.
    """
    return (case for seed in count(first) if (case := _placed(seed, size)) is not None)


def _placed(seed: int, size: Size) -> Case | None:
    facts = two_things(seed)
    if any(thing.kind not in HOLLOW for thing in facts.things):
        return None
    plan = make_plan(facts.text, size=size, seed=seed)
    regions = {region.name: region.name for region in plan.scene.regions}
    found = [
        (_thing(wanted, box), name)
        for wanted, box in zip(facts.things, plan_boxes(facts, plan), strict=True)
        if box is not None and _span(box) >= 3 and (name := named(wanted, regions))
    ]
    if len(found) < len(facts.things):
        return None
    return Case(seed, facts, plan, tuple(thing for thing, _ in found), tuple(name for _, name in found))


def _span(box: Edges) -> int:
    x0, y0, x1, y1 = box
    return min(int(min(x1 - x0, y1 - y0)) // TOKEN, max(SPANS["large"]))


def _thing(wanted: Wanted, box: Edges) -> Thing:
    """The largest thing of the world that fits into the box, in its middle."""
    span = _span(box)
    size = next(name for name, tokens in SPANS.items() if span in tokens)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return Thing(wanted.kind, wanted.colour, size, x, y, float(span * TOKEN - 2 * RIM))


def mapped(first: int, size: Size) -> Iterator[tuple[Case, Tableau]]:
    """Tableaux of two things, each planned as two halves: a map of depth can say more than the plan does.

    The seeds from `first` on with a thing whole on the left and another, of another kind, on the right.
    """
    for seed in count(first):
        tableau = sample_tableau(seed, 2, HOLLOW)
        left, right = sorted(tableau.things, key=lambda thing: thing.x)
        middle = tableau.side / 2
        if left.box[2] <= middle <= right.box[0] and left.kind != right.kind:
            yield _halves(seed, (left, right), tableau.setting, size), replace(tableau, seed=seed)


def _halves(seed: int, things: tuple[Thing, Thing], setting: Setting, size: Size) -> Case:
    names = [f"{thing.colour} {thing.kind}" for thing in things]
    left, right = phrases = [with_article("a", name) for name in names]
    around = _around(setting)
    text = f"{left} on the left and {right} on the right, {around}"
    scene = Scene(
        prompt=text,
        caption=text,
        background=around,
        regions=tuple(
            Region(name=name, prompt=phrase, where=Box(x0=x0, y0=0, x1=x0 + GRID // 2, y1=GRID))
            for name, phrase, x0 in zip(names, phrases, (0, GRID // 2), strict=True)
        ),
    )
    wanted = tuple(Wanted(thing.kind, thing.colour, thing.kind) for thing in things)
    facts = Facts(text, wanted, (Relates(0, "left of", 1),))
    plan = Plan(size=size, scene=scene, origin=Origin(planner="file"))
    return Case(seed, facts, plan, things, tuple(names))


def _around(setting: Setting) -> str:
    if setting.wall is not None:
        return words.WALL_WORDS[setting.wall][0]
    return f"{words.SKY_WORDS[setting.sky or 'day'][0]} {words.GROUND_WORDS[setting.ground or 'grass'][0]}"
