"""A reply becomes a scene with nothing added, deleted, moved or reworded; what can't be drawn is noted."""

from typing import Any

import pytest

from planner.llm.reading import MAX_QUOTES, read
from planner.llm.reply import MAX_LISTED, SceneReply
from planner.plans import Note
from planner.scene import MAX_REGIONS, Box, Place, Relation, Scene

PROMPT = 'A red fox naps under an old oak; the sign beside it reads "DON’T WAKE". No dogs, no cars.'
BOX = {"x0": 100, "y0": 500, "x1": 500, "y1": 800}


def scene_of(prompt: str = PROMPT, **fields: Any) -> tuple[Scene, tuple[Note, ...]]:
    return read(SceneReply.model_validate({"caption": "A fox.", **fields}), prompt)


def region(name: str, prompt: str = "a red fox", **fields: Any) -> dict[str, Any]:
    return {"name": name, "prompt": prompt, "where": BOX, **fields}


def test_what_the_model_writes_stands_as_it_is() -> None:
    fox = region("fox", "a red fox, asleep, its tail over its nose", count=2, depth=3)
    scene, notes = scene_of(
        background="a meadow",
        style="oil painting",
        absent=["dogs", "cars"],
        regions=[fox, region("oak", "an old oak")],
        relations=[{"subject": "Fox ", "predicate": "under", "object": "oak"}],
    )
    assert notes == ()
    assert (scene.prompt, scene.background, scene.style) == (PROMPT, "a meadow", "oil painting")
    first = scene.regions[0]
    assert (first.prompt, first.count, first.depth, first.where) == (
        "a red fox, asleep, its tail over its nose",
        2,
        3,
        Box(**BOX),
    )
    assert scene.relations == (Relation(subject="fox", predicate="under", object="oak"),)


def test_quotes_are_kept_in_the_prompts_own_letters_and_wrong_ones_are_dropped_without_a_note() -> None:
    quotes = ["a  RED fox", "the sign beside it reads “DON'T WAKE”", "a blue whale", "A red … old oak", ""]
    scene, notes = scene_of(
        regions=[region("fox", quotes=quotes)],
        quotes={"background": ["meadow"], "style": [], "absent": ["no dogs, NO cars"]},
    )
    assert notes == ()
    assert scene.regions[0].quotes == (
        "A red fox",
        'the sign beside it reads "DON’T WAKE"',
        "A red",
        "old oak",
    )
    assert (scene.quotes.background, scene.quotes.absent) == ((), ("No dogs, no cars",))


@pytest.mark.parametrize(
    ("box", "stands"),
    [
        ({"x0": 600, "y0": 900, "x1": 100, "y1": 1200}, Box(x0=100, y0=900, x1=600, y1=1000)),
        ({"x0": -50, "y0": 10, "x1": 90, "y1": 40}, Box(x0=0, y0=10, x1=90, y1=40)),
        ({"x0": 5, "y0": 5, "x1": 5, "y1": 90}, None),
        ({"x0": 1200, "y0": 5, "x1": 1500, "y1": 90}, None),
    ],
)
def test_a_box_upside_down_or_off_the_canvas_is_corrected_and_noted(
    box: dict[str, int], stands: object
) -> None:
    scene, (note,) = scene_of(regions=[region("fox", where=box)])
    assert scene.regions[0].where == stands
    assert (note.kind, note.name) == ("repaired", "fox")


def test_an_open_place_and_one_in_words_need_no_note() -> None:
    place = {"horizontal": "left", "vertical": "top", "size": "small"}
    scene, notes = scene_of(regions=[region("fox", where=None), region("oak", where=place)])
    assert [r.where for r in scene.regions] == [None, Place.model_validate(place)]
    assert notes == ()


def test_relations_that_mean_nothing_are_dropped_by_name_and_other_words_for_one_are_understood() -> None:
    relations = [
        {"subject": "fox", "predicate": "to the left of", "object": "oak"},
        {"subject": "fox", "predicate": "left of", "object": "oak"},
        {"subject": "fox", "predicate": "next_to", "object": "oak"},
        {"subject": "fox", "predicate": "dreams of", "object": "oak"},
        {"subject": "fox", "predicate": "on", "object": "moon"},
        {"subject": "fox", "predicate": "on", "object": "fox"},
    ]
    scene, notes = scene_of(regions=[region("fox"), region("oak")], relations=relations)
    assert [relation.predicate for relation in scene.relations] == ["left of", "next to"]
    assert [note.name for note in notes] == ["fox dreams of oak", "fox on moon", "fox on fox"]
    assert all(note.kind == "dropped relation" for note in notes)


def test_regions_of_one_name_stay_two_and_what_lacks_a_name_or_prompt_gets_it_from_the_other() -> None:
    scene, notes = scene_of(
        regions=[
            region("cat"),
            region("Cat"),
            region("", "a green door"),
            region("bell", ""),
            region("", " "),
        ]
    )
    assert [(r.name, r.prompt) for r in scene.regions] == [
        ("cat", "a red fox"),
        ("Cat (2)", "a red fox"),
        ("a green door", "a green door"),
        ("bell", "bell"),
    ]
    assert [note.name for note in notes] == ["Cat (2)"]


def test_a_region_does_not_bear_the_name_of_another_owner_of_words() -> None:
    scene, notes = scene_of(regions=[region("caption", "a caption box"), region("Background", "a hill")])
    assert [r.name for r in scene.regions] == ["caption (2)", "Background (2)"]
    assert len(notes) == 2


def test_more_than_32_regions_go_to_the_background_with_a_note_each() -> None:
    scene, notes = scene_of(background="a hill", regions=[region(f"ant {i}", f"ant {i}") for i in range(34)])
    assert len(scene.regions) == 32
    assert scene.background == "a hill, ant 32, ant 33"
    assert [(note.kind, note.name) for note in notes] == [("overflow", "ant 32"), ("overflow", "ant 33")]


def test_a_region_that_names_what_is_absent_is_noted_and_not_changed() -> None:
    scene, (note,) = scene_of(absent=["dogs"], regions=[region("fox", "a red fox, no dogs near it")])
    assert scene.regions[0].prompt == "a red fox, no dogs near it"
    assert (note.kind, note.name) == ("absent", "fox")


def test_over_long_words_and_lists_are_cut_and_no_error() -> None:
    scene, notes = scene_of(
        caption="",
        absent=[f"thing {i}" for i in range(40)],
        regions=[region("n" * 300, "word " * 3000)],
    )
    assert (scene.caption, len(scene.absent)) == (PROMPT, 32)
    assert (len(scene.regions[0].name), len(scene.regions[0].prompt) <= 4000) == (80, True)
    assert [note.name for note in notes] == ["absent"]


def test_a_reply_of_thousands_is_read_in_part_before_any_work() -> None:
    regions = [region(f"thing {number}", quotes=["red fox"] * 3000) for number in range(10_000)]
    relations = [{"subject": "thing 1", "predicate": "on", "object": f"thing {n}"} for n in range(10_000)]
    absent = [f"thing {number}" for number in range(10_000)]
    reply = SceneReply.model_validate(
        {"caption": "A fox.", "regions": regions, "relations": relations, "absent": absent}
    )
    assert {len(reply.regions), len(reply.relations), len(reply.absent)} == {MAX_LISTED}
    assert len(SceneReply.model_validate({"absent": "a," * 10_000}).absent) == MAX_LISTED
    assert len(reply.regions[0].quotes) == MAX_LISTED
    scene, notes = read(reply, PROMPT)
    assert (len(scene.regions), len(scene.regions[0].quotes)) == (MAX_REGIONS, MAX_QUOTES)
    assert len(notes) < 3 * MAX_LISTED


def test_a_quote_in_many_parts_is_not_looked_for() -> None:
    few, many = "red… fox… old… oak… sign… beside", "a…" * 1000
    scene, _ = scene_of(regions=[region("fox", quotes=[many, few])])
    assert scene.regions[0].quotes == ("red", "fox", "old", "oak", "sign", "beside")
