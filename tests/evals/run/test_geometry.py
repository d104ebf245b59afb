"""Plans as rows tell of them: instances, and the geometry that every plan is held to."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.run.geometry import geometry, planned
from planner.layout import Layout
from planner.plans import Origin, Plan, Size
from planner.scene import Box, Region, Scene
from renderer.pipeline import layout_of, make_plan

SIZE = Size(width=256, height=256)


def plan_of(*regions: Region) -> Plan:
    scene = Scene(caption="a picture", regions=regions)
    return Plan(size=SIZE, scene=scene, origin=Origin(planner="file"))


def box(x0: int, y0: int, x1: int, y1: int) -> Box:
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def test_a_number_is_no_part_of_a_name() -> None:
    regions = [Region(name=n, prompt="x", where=box(0, 0, 500, 500)) for n in ("cat 2", "7", "route 66 sign")]
    assert [i.name for i in planned(plan_of(*regions)).instances] == ["cat", "7", "route 66 sign"]


@given(st.integers(1, 200))
def test_a_group_has_an_instance_for_each_of_its_things(count: int) -> None:
    group = Region(name="birds", prompt="birds", count=count, where=box(100, 200, 900, 600))
    boxes = [instance.box for instance in planned(plan_of(group)).instances]
    assert len(set(boxes)) == count
    assert all(0.1 <= x0 < x1 <= 0.900001 and 0.2 <= y0 < y1 <= 0.600001 for x0, y0, x1, y1 in boxes)
    centres = {((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes}
    assert len(centres) == count


def test_the_geometry_of_a_sound_plan() -> None:
    plan = plan_of(Region(name="cat", prompt="a cat", where=box(0, 0, 500, 1000)))
    told = geometry(plan)
    assert (told.overlap, told.lost, told.off_canvas) == (0, 0, 0)
    assert told.coverage == pytest.approx(0.5)


def test_faults_of_a_layout_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(
        Region(name="cat", prompt="a cat", where=box(0, 0, 500, 1000)),
        Region(name="dog", prompt="a dog", where=box(500, 0, 1000, 1000)),
    )
    sound = layout_of(plan)
    cat, dog = sound.cells

    def broken(plan: Plan) -> Layout:
        del plan
        wider = dog.buffer(32, join_style="mitre")
        return replace(sound, cells=(cat, wider), background=sound.background)

    monkeypatch.setattr("evals.run.geometry.layout_of", broken)
    told = geometry(plan)
    assert told.overlap == 2 * 16
    assert told.off_canvas == 1


def test_a_region_with_neither_token_nor_note_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    covered = Region(name="dog", prompt="a dog", depth=1, where=box(100, 100, 200, 200))
    plan = plan_of(Region(name="cat", prompt="a cat", where=box(0, 0, 500, 1000)), covered)
    assert geometry(plan).lost == 0
    silent = replace(layout_of(plan), notes=())
    monkeypatch.setattr("evals.run.geometry.layout_of", lambda _: silent)  # pyright: ignore[reportUnknownLambdaType]
    assert geometry(plan).lost == 1


def test_a_plan_of_many_things_has_a_box_for_each() -> None:
    plan = make_plan("five red apples and twelve cows", size=SIZE)
    names = [instance.name for instance in planned(plan).instances]
    assert names.count("apple") == 5
    assert sum("cow" in name for name in names) == 12
