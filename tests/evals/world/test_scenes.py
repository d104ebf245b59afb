"""The world benchmark's prompts: what is said is true of some picture, and all that is judged is said."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.benchmarks.world import WORLD, main, make, score_world
from evals.run.geometry import planned
from evals.world import words
from evals.world.detector import Detection
from evals.world.facts import Facts, Relates, Stands
from evals.world.judging import judge
from evals.world.measures import measures, missed
from evals.world.phrases import plural
from evals.world.placed import DIRECTIONS, FIELDS
from evals.world.scenes import ALONE, MOST, Group, grouped, scene, told
from planner.errors import UserError
from planner.plans import Size
from renderer.grid import BACKGROUND, rasterise
from renderer.pipeline import layout_of, make_plan

EVERY = [scene(900_000 + seed, count) for seed in range(60) for count in range(1, ALONE + 1)]
CROWDS = [scene(900_000 + seed, count) for seed in range(20) for count in range(ALONE + 1, MOST + 1)]
SIDE = 120


def test_a_seed_settles_the_prompt() -> None:
    assert [scene(seed, 4) for seed in range(20)] == [scene(seed, 4) for seed in range(20)]
    assert len({facts.text for facts in EVERY}) > len(EVERY) * 0.99


@pytest.mark.parametrize("count", range(1, MOST + 1))
def test_so_many_things_are_asked_for(count: int) -> None:
    assert all(len(scene(seed, count).things) == count for seed in range(20))


def test_every_thing_is_named_with_its_colour_and_number() -> None:
    for facts in [*EVERY, *CROWDS]:
        for (colour, noun), count in Counter((t.colour, t.noun) for t in facts.things).items():
            said = plural(noun) if count > 1 else noun
            number = f"{words.NUMBERS[count]} " if count > 1 else ""
            phrases = [f"{number}{shade} {said}" for shade in words.COLOUR_WORDS[colour]]
            assert any(phrase in facts.text.lower() for phrase in phrases), facts.text


def test_every_claim_is_in_the_words() -> None:
    for facts in [*EVERY, *CROWDS]:
        for claim in facts.claims:
            match claim:
                case Stands():
                    said = FIELDS[claim.column, claim.row]
                case Relates():
                    said = DIRECTIONS[claim.direction]
            assert any(phrase in facts.text for phrase in said), facts.text


def test_what_should_be_absent_is_named_and_not_asked_for() -> None:
    with_absence = [facts for facts in EVERY if facts.absent]
    assert len(with_absence) > 50
    for facts in with_absence:
        (kind,) = facts.absent
        assert kind in facts.text
        assert kind not in {thing.kind for thing in facts.things}


def test_places_relations_and_counts_of_all_kinds_come_up() -> None:
    claims = [claim for facts in EVERY for claim in facts.claims]
    assert {(c.column, c.row) for c in claims if isinstance(c, Stands)} == set(FIELDS)
    assert {c.direction for c in claims if isinstance(c, Relates)} == set(DIRECTIONS)
    assert any(Counter((t.kind, t.colour) for t in facts.things).most_common(1)[0][1] == 3 for facts in EVERY)


def drawable(facts: Facts) -> bool:
    """Whether things can be put one by one into fields of a picture so that all claims hold."""
    spots = [(x, y) for y in (20, 60, 100) for x in (20, 60, 100)]

    def put(shown: list[Detection]) -> bool:
        if len(shown) == len(facts.things):
            return judge(facts, shown, SIDE).right
        thing = facts.things[len(shown)]
        for x, y in spots:
            box = (x - 9.0, y - 9.0, x + 9.0, y + 9.0)
            if all(box != other.box for other in shown):
                now = [*shown, Detection(thing.kind, thing.colour, box, 1.0)]
                if _holds_so_far(facts, now) and put(now):
                    return True
        return False

    return put([])


def _holds_so_far(facts: Facts, shown: list[Detection]) -> bool:
    told = [
        c
        for c in facts.claims
        if max((c.thing,) if isinstance(c, Stands) else (c.subject, c.object)) < len(shown)
    ]
    return judge(Facts("", facts.things[: len(shown)], tuple(told)), shown, SIDE).right


def test_every_prompt_can_be_drawn() -> None:
    for facts in EVERY[:160]:
        assert drawable(facts), facts.text


@given(st.integers(0, 2**32), st.integers(1, MOST))
def test_a_picture_with_each_group_in_its_field_shows_all_that_is_said(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    groups = grouped(rng, count)
    facts = told(rng, groups)
    shown = [detection for group in groups for detection in _in_its_field(group)]
    assert len({detection.box for detection in shown}) == count
    assert measures(facts, shown, SIDE)["scene"] == 1.0, facts.text


def _in_its_field(group: Group) -> list[Detection]:
    """The group's things on five by five places, four of them in a corner, from the edge inwards."""
    placed = Counter[tuple[int, int]]()
    detections: list[Detection] = []
    for field in group.spots:
        step, place = placed[field], [2 * along for along in field]
        placed[field] += 1
        for axis in (0, 1):
            if field[axis] != 1:
                place[axis] += (1 - field[axis]) * (step % 2)
                step //= 2
        x, y = (12 + 24 * along for along in place)
        detections.append(Detection(group.kind, group.colour, (x - 9, y - 9, x + 9, y + 9), 1.0))
    return detections


def test_the_built_in_planner_reads_crowds_on_eleven_tokens_square() -> None:
    """Nearly each thing has a region, of two by two tokens or more, and stands where the words put it."""
    side = Size(width=176, height=176)
    right, found = list[float](), list[float]()
    for facts in CROWDS[::5]:
        plan = make_plan(facts.text, size=side)
        grid = rasterise(layout_of(plan))
        areas = [np.argwhere(grid.owner == i) for i, name in enumerate(grid.names) if name != BACKGROUND]
        assert all((np.ptp(area, axis=0) >= 1).all() for area in areas), facts.text
        told = score_world(facts, planned(plan))
        found.append(told["found"] or 0.0)
        right.append(told["things"] or 0.0)
    assert sum(found) / len(found) > 0.99
    assert sum(right) / len(right) > 0.93


def test_the_benchmark_ships_with_all_numbers_of_things() -> None:
    samples = WORLD.samples(None)
    groups = Counter(sample.group for sample in samples)
    assert len(samples) == 512
    assert set(groups.values()) == {64}
    assert {"1 thing", "8 things"} <= set(groups)


def test_numbers_of_things_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert [s.group for s in make(7, 1, (2, 12, 16))] == ["2 things", "12 things", "16 things"]
    assert make(7, 3, (8,))[2].prompt == make(7, 3)[-1].prompt
    assert main(["--things=16,2", "--each=1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    for wrong in ("0,2", "17", "2,2", "two", ""):
        with pytest.raises(SystemExit) as stopped:
            main([f"--things={wrong}"])
        assert stopped.value.code == 2
        assert f"{wrong!r}: should be different numbers from 1 to 16" in capsys.readouterr().err


def test_another_seed_is_another_benchmark_that_a_file_can_hold(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seed=7", "--each=2"]) == 0
    file = tmp_path_factory.mktemp("world") / "world-7.jsonl"
    file.write_text(capsys.readouterr().out)
    assert WORLD.samples(file) == make(7, 2)
    assert make(7, 2)[0].prompt != make(0, 2)[0].prompt
    with pytest.raises(UserError, match="should be a file"):
        WORLD.samples(file.parent)


TWO = Facts("", scene(900_000, 2).things)


def at(facts: Facts, index: int, x: float, y: float) -> Detection:
    thing = facts.things[index]
    return Detection(thing.kind, thing.colour, (x - 5, y - 5, x + 5, y + 5), 0.9)


def test_measures_are_shares_of_what_was_asked() -> None:
    facts = scene(900_003, 5)
    nothing = measures(facts, [], SIDE)
    assert (nothing["scene"], nothing["things"], nothing["found"]) == (0.0, 0.0, 0.0)
    one = measures(Facts("", facts.things), [at(facts, 4, 50, 50)], SIDE)
    assert one["found"] == one["things"] == pytest.approx(1 / 5)
    assert one["claims"] is None


def test_too_many_and_what_should_be_absent_are_wrong_though_all_is_there() -> None:
    things = scene(900_001, 1).things
    facts = Facts("", things, (), ("moon",) if things[0].kind != "moon" else ("star",))
    right = [at(facts, 0, 50, 50)]
    assert measures(facts, right, SIDE)["scene"] == 1.0
    assert measures(facts, [*right, at(facts, 0, 90, 90)], SIDE)["scene"] == 0.0
    unwanted = Detection(facts.absent[0], "red", (1, 1, 9, 9), 0.9)
    told = measures(facts, [*right, unwanted], SIDE)
    assert (told["scene"], told["absent"], told["things"], told["nothing else"]) == (0.0, 0.0, 1.0, 0.0)


def test_what_is_missed_is_told_in_words() -> None:
    facts = Facts("", scene(900_001, 1).things, (Stands(0, "left", None),))
    thing = facts.things[0]
    assert missed(facts, [], SIDE) == f"{thing.colour} {thing.noun} missing"
    assert missed(facts, [at(facts, 0, 110, 50)], SIDE) == f"{thing.colour} {thing.noun} misplaced"
    assert missed(facts, [at(facts, 0, 10, 50)], SIDE) == ""


def test_many_alike_are_judged_soon() -> None:
    """Eight things of a kind and forty detections of it are no 40!/32! ways."""
    thing = scene(900_001, 1).things[0]
    facts = Facts("", (thing,) * 3, tuple(Stands(i, "left", None) for i in range(3)))
    seen = [at(facts, 0, x * 3.0, y * 30.0) for x in range(10) for y in range(4)]
    assert judge(facts, seen, SIDE).found


def test_crowds_with_things_too_many_are_judged_soon() -> None:
    """Three ways for each single thing, twelve for a pair: of all groups they are added, not multiplied."""
    facts = scene(900_003, 16)
    seen = [at(facts, i, 9.0 + 7 * i, 9.0 + 7 * j) for i in range(16) for j in range(3)]
    verdict = judge(facts, seen, SIDE)
    assert verdict.found
    assert not verdict.alone


def test_plans_are_held_to_the_facts_too() -> None:
    facts = Facts("A red star in the upper left and a blue ring in the lower right", scene(1, 1).things)
    plan = planned(make_plan(facts.text))
    told = score_world(
        Facts(
            facts.text,
            (type(facts.things[0])("star", "red", "star"), type(facts.things[0])("ring", "blue", "ring")),
            (Stands(0, "left", "top"), Stands(1, "right", "bottom")),
        ),
        plan,
    )
    assert (told["scene"], told["nothing else"]) == (1.0, 1.0)
