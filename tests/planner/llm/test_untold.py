"""What the prompt says of a thing and a plan does not is told to the model, and else put in."""

from planner.llm.untold import put_in, told_in_words, untold
from planner.planning import read_asks
from planner.scene import Region, Scene

PROMPT = "A rusty red kettle on a table, at night"
SCENE = Scene(
    caption="a kettle",
    regions=(
        Region(name="old kettle", prompt="a red kettle with a dented lid"),
        Region(name="table", prompt="an oak table"),
    ),
)


def test_an_attribute_that_no_text_says_is_named_with_its_region() -> None:
    missing = untold(SCENE, read_asks(PROMPT))
    assert missing == (("old kettle", "rusty"),)
    assert told_in_words(missing) == ("the prompt says 'rusty' of region 'old kettle': say so in its prompt",)


def test_what_is_left_untold_is_put_in_and_noted() -> None:
    scene, notes = put_in(SCENE, read_asks(PROMPT))
    assert [region.prompt for region in scene.regions] == [
        "a red kettle with a dented lid, rusty",
        "an oak table",
    ]
    assert [(note.kind, note.name) for note in notes] == [("repaired", "old kettle")]
    assert not untold(scene, read_asks(PROMPT))


def test_a_thing_without_a_region_gets_nothing() -> None:
    assert untold(Scene(caption="fog"), read_asks(PROMPT)) == ()


def test_a_plan_that_says_all_stays_as_it_is() -> None:
    full = SCENE.model_copy(update={"regions": (Region(name="kettle", prompt="a rusty red kettle"),)})
    assert put_in(full, read_asks(PROMPT)) == (full, ())
