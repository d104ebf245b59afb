"""Whatever a model writes becomes a valid scene, and the notes name what was changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.llm.absent import asked_for
from planner.llm.mend import mend
from planner.llm.reply import PREDICATES, ReplyBox, ReplyRegion, ReplyRelation, SceneReply
from planner.scene import MAX_COUNTED, MAX_REGIONS, Box, Place, Scene
from planner.words import mentions

PLACE = Place(horizontal="left", vertical="top", size="small")
LEFT = ReplyBox(x0=0, y0=300, x1=200, y1=500)
RIGHT = ReplyBox(x0=700, y0=300, x1=900, y1=500)

names = st.sampled_from(["cat", "Cat", "dog", "red dog", "", " ", "cat (2)", "x" * 200, "dogs and cats"])
texts = st.one_of(
    st.sampled_from(["a cat without a dog", "dogs", "", "a park, a park"]), st.text(max_size=30)
)
numbers = st.integers(-100, 2000)
boxes = st.builds(ReplyBox, x0=numbers, y0=numbers, x1=numbers, y1=numbers)
regions = st.builds(
    ReplyRegion,
    name=names,
    prompt=texts,
    count=numbers,
    depth=numbers,
    where=st.sampled_from([None, PLACE]) | boxes,
)
relations = st.builds(
    ReplyRelation, subject=names, predicate=st.sampled_from([*PREDICATES, "of"]), object=names
)
replies = st.builds(
    SceneReply,
    caption=texts,
    background=texts,
    style=texts,
    absent=st.lists(st.sampled_from(["dog", "dogs", " ", "cat", "!"]), max_size=3).map(tuple),
    regions=st.lists(regions, max_size=40).map(tuple),
    relations=st.lists(relations, max_size=8).map(tuple),
)


@given(reply=replies, prompt=st.sampled_from(["a cat, no dogs", "a dog in a park", "a park"]))
def test_any_reply_becomes_a_valid_scene_without_what_is_absent(reply: SceneReply, prompt: str) -> None:
    scene = mend(reply, prompt).scene
    assert Scene.model_validate(scene.model_dump()) == scene
    assert sum(r.count if r.count <= MAX_COUNTED else 1 for r in scene.regions) <= MAX_REGIONS
    positive = {scene.caption, scene.background, scene.style, *(r.prompt for r in scene.regions)} - {prompt}
    assert not any(mentions(text, thing) for text in positive for thing in scene.absent)
    assert not any(asked_for(prompt, thing) for thing in scene.absent)


def region(name: str, prompt: str = "", **fields: object) -> ReplyRegion:
    return ReplyRegion.model_validate(
        {"name": name, "prompt": prompt or f"a fine {name}", "where": PLACE, **fields}
    )


def scene_of(*regions: ReplyRegion, **fields: object) -> SceneReply:
    return SceneReply.model_validate({"caption": "A picture.", "regions": regions, **fields})


def related(first: ReplyRegion, predicate: str, second: ReplyRegion) -> SceneReply:
    relation = ReplyRelation(subject=first.name, predicate=predicate, object=second.name)
    return scene_of(first, second, relations=(relation,))


def test_a_sound_reply_stays_as_it_is() -> None:
    mended = mend(
        related(region("cat", where=LEFT), "left of", region("dog", where=RIGHT)), "a cat and a dog"
    )
    assert mended.notes == ()
    assert [r.where for r in mended.scene.regions] == [
        Box(x0=0, y0=300, x1=200, y1=500),
        Box(x0=700, y0=300, x1=900, y1=500),
    ]


def test_what_the_user_excludes_has_no_region() -> None:
    reply = scene_of(region("cat"), region("dog"), absent=("dog",))
    mended = mend(reply, "a cat, no dog")
    assert [r.name for r in mended.scene.regions] == ["cat"]
    assert [(note.kind, note.name) for note in mended.notes] == [("absent", "dog")]


def test_what_the_user_asks_for_is_not_absent() -> None:
    mended = mend(scene_of(region("dog"), absent=("dog",)), "a dog")
    assert mended.scene.absent == ()
    assert [r.name for r in mended.scene.regions] == ["dog"]


def test_more_regions_than_a_picture_has_go_to_the_background() -> None:
    reply = scene_of(*(region(f"thing {i}", count=9) for i in range(4)), background="a hall")
    mended = mend(reply, "things")
    assert [r.name for r in mended.scene.regions] == ["thing 0", "thing 1", "thing 2"]
    assert mended.scene.background == "a hall, a fine thing 3"
    assert [(note.kind, note.name) for note in mended.notes] == [("overflow", "thing 3")]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (ReplyBox(x0=900, y0=800, x1=100, y1=200), Box(x0=100, y0=200, x1=900, y1=800)),
        (ReplyBox(x0=-50, y0=0, x1=500, y1=1700), Box(x0=0, y0=0, x1=500, y1=1000)),
        (ReplyBox(x0=5, y0=5, x1=5, y1=900), None),
        (ReplyBox(x0=1200, y0=0, x1=1500, y1=900), None),
    ],
)
def test_a_box_is_put_right_or_left_open(box: ReplyBox, expected: Box | None) -> None:
    mended = mend(scene_of(region("cat", where=box)), "a cat")
    assert mended.scene.regions[0].where == expected
    assert [note.kind for note in mended.notes] == ["repaired"]


def test_a_box_that_denies_its_relation_is_taken_back() -> None:
    mended = mend(
        related(region("cat", where=RIGHT), "left of", region("dog", where=LEFT)), "a cat and a dog"
    )
    cat, dog = mended.scene.regions
    assert (cat.where, cat.size) == (None, "small")
    assert dog.where == Box(x0=0, y0=300, x1=200, y1=500)
    assert [(note.kind, note.name) for note in mended.notes] == [("repaired", "cat")]


def test_depths_that_deny_a_relation_change_places() -> None:
    mended = mend(related(region("cat", depth=3), "in front of", region("dog", depth=1)), "a cat and a dog")
    assert [r.depth for r in mended.scene.regions] == [1, 3]


@pytest.mark.parametrize(
    ("predicate", "object_", "reason"),
    [
        ("on", "moon", "'moon' is no region"),
        ("on", "cat", "against itself"),
        ("of", "dog", "no relation that is known"),
    ],
)
def test_a_relation_that_cannot_hold_is_dropped_by_name(predicate: str, object_: str, reason: str) -> None:
    relation = ReplyRelation(subject="cat", predicate=predicate, object=object_)
    mended = mend(scene_of(region("cat"), region("dog"), relations=(relation,)), "a cat and a dog")
    assert mended.scene.relations == ()
    assert [(note.kind, note.name) for note in mended.notes] == [
        ("dropped relation", f"cat {predicate} {object_}")
    ]
    assert reason in mended.notes[0].text


def test_a_region_said_twice_stands_once_and_another_of_its_name_gets_a_name() -> None:
    mended = mend(scene_of(region("cat"), region("cat"), region("Cat", "a grey one")), "cats")
    assert [r.name for r in mended.scene.regions] == ["cat", "Cat (2)"]
    assert len(mended.notes) == 2


def test_two_boxes_of_one_name_are_two_things() -> None:
    mended = mend(scene_of(region("cat", where=LEFT), region("cat", where=RIGHT)), "two cats")
    assert [r.name for r in mended.scene.regions] == ["cat", "cat (2)"]


def test_what_is_empty_is_filled() -> None:
    reply = scene_of(region("cat", " "), region(" ", "a small dog"), caption="")
    scene = mend(reply, "pets").scene
    assert [(r.name, r.prompt) for r in scene.regions] == [("cat", "cat"), ("a small dog", "a small dog")]
    assert scene.caption == "cat, a small dog"
    assert mend(SceneReply(), "pets").scene.caption == "pets"
