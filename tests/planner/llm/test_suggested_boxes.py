"""Regions without a box get the reader's."""

from planner.llm.suggested_boxes import suggest_boxes
from planner.scene import Box, Place, Region, Scene


def scene(*regions: Region, prompt: str = "A moon above a barn, and a cow on the left") -> Scene:
    return Scene(prompt=prompt, caption="x", regions=regions)


def region(name: str, **fields: object) -> Region:
    return Region.model_validate({"name": name, "prompt": name, **fields})


def test_what_has_no_box_is_wished_where_the_prompt_has_it() -> None:
    moon, barn = suggest_boxes(scene(region("moon"), region("old barn"))).regions
    assert moon.wish is not None
    assert barn.wish is not None
    assert moon.wish.y0 + moon.wish.y1 < barn.wish.y0 + barn.wish.y1


def test_a_box_a_band_and_a_wish_stay_and_what_the_prompt_does_not_name_is_left_open() -> None:
    box = Box(x0=0, y0=0, x1=200, y1=200)
    band = Place(horizontal="full", vertical="bottom", size="medium")
    kept = (region("moon", where=box), region("barn", where=band), region("cow", wish=box), region("dragon"))
    assert suggest_boxes(scene(*kept)).regions == kept


def test_a_wish_is_at_the_stated_side() -> None:
    right = Place(horizontal="right", vertical="middle", size="medium")
    (cow,) = suggest_boxes(scene(region("cow", where=right))).regions
    assert cow.wish is not None
    assert cow.wish.x0 + cow.wish.x1 > 1000


def test_a_prompt_in_another_language_tells_the_reader_nothing() -> None:
    german = scene(region("Hut"), prompt="Eine Frau mit einem roten Hut sitzt am Fenster, links eine Katze")
    assert suggest_boxes(german) == german
