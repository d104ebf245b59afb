"""The account: where in a plan everything went that a prompt asks for, whoever planned."""

import pytest

from planner.planning import read_asks
from planner.plans import Entry, Note, Size
from planner.scene import Box, Predicate, Region, Relation, Scene
from planner.tracing import asked, trace

SIZE = Size(width=1024, height=1024)
LEFT, RIGHT = Box(x0=0, y0=300, x1=400, y1=700), Box(x0=600, y0=300, x1=1000, y1=700)


def region(name: str, prompt: str, where: Box, count: int = 1) -> Region:
    return Region(name=name, prompt=prompt, where=where, count=count)


def account(prompt: str, scene: Scene, notes: tuple[Note, ...] = ()) -> dict[str, Entry]:
    """The entries by kind and text."""
    entries = trace(read_asks(prompt), scene, SIZE, notes)
    return {f"{entry.kind} {entry.text}": entry for entry in entries}


def fates(prompt: str, scene: Scene) -> dict[str, str]:
    return {key: entry.where for key, entry in account(prompt, scene).items()}


PROMPT = "A red fox to the left of a small barn at night, without snow"


def scene(**changes: object) -> Scene:
    plain = Scene(
        caption="a picture",
        background="night",
        absent=("snow",),
        regions=(region("fox", "a red fox", LEFT), region("barn", "a small barn", RIGHT)),
    )
    return plain.model_copy(update=changes)


def test_a_plan_that_obeys_accounts_for_everything() -> None:
    assert fates(PROMPT, scene()) == {
        "thing red fox": "region",
        "attribute red": "region",
        "thing small barn": "region",
        "attribute small": "region",
        "relation fox left of barn": "region",
        "setting night": "background",
        "absent snow": "absent",
    }


def test_other_names_are_known_by_their_nouns() -> None:
    regions = (region("Sly animal", "a fox with red fur", LEFT), region("old barns", "one small barn", RIGHT))
    found = account(PROMPT, scene(regions=regions))
    assert found["thing red fox"].regions == ("Sly animal",)
    assert found["relation fox left of barn"].regions == ("Sly animal", "old barns")


def test_two_of_one_noun_are_told_apart_by_their_attributes() -> None:
    balls = (region("ball", "a blue ball", LEFT), region("other ball", "a red ball", RIGHT))
    found = account("A red ball and a blue ball", scene(regions=balls))
    assert found["thing red ball"].regions == ("other ball",)
    assert found["thing blue ball"].regions == ("ball",)


def test_a_contradicted_relation_is_not_planned_and_says_why() -> None:
    turned = scene(regions=(region("fox", "a red fox", RIGHT), region("barn", "a small barn", LEFT)))
    entry = account(PROMPT, turned)["relation fox left of barn"]
    assert (entry.where, entry.because) == ("not planned", "the boxes deny it")


def test_a_dropped_relation_says_so() -> None:
    turned = scene(regions=(region("fox", "a red fox", RIGHT), region("barn", "a small barn", LEFT)))
    note = Note(kind="dropped relation", name="fox left of barn", text="It was dropped: no room.")
    assert account(PROMPT, turned, (note,))["relation fox left of barn"].because == "It was dropped: no room."


def test_a_missing_attribute_is_not_planned() -> None:
    pale = scene(regions=(region("fox", "a fox", LEFT), region("barn", "a small barn", RIGHT)))
    entry = account(PROMPT, pale)["attribute red"]
    assert (entry.where, entry.because) == ("not planned", "no text of the plan says it of fox")


def test_an_attribute_of_another_thing_does_not_count() -> None:
    swapped = scene(regions=(region("fox", "a small fox", LEFT), region("barn", "a red barn", RIGHT)))
    assert fates(PROMPT, swapped)["attribute red"] == "not planned"


@pytest.mark.parametrize(("count", "fate"), [(1, "not planned"), (3, "region"), (4, "not planned")])
def test_counts_are_those_of_the_regions(count: int, fate: str) -> None:
    crows = tuple(region(f"crow {n}", "a crow", LEFT) for n in range(1, count + 1))
    assert fates("Three crows", scene(regions=crows))["count 3 crows"] == fate


def test_a_group_counts_as_many_as_it_shows() -> None:
    flock = region("crow", "a flock of crows", LEFT, count=30)
    assert fates("There are thirty crows", scene(regions=(flock,)))["count 30 crows"] == "region"


@pytest.mark.parametrize(("where", "fate"), [(LEFT, "region"), (RIGHT, "not planned")])
def test_places_are_judged_by_the_boxes(where: Box, fate: str) -> None:
    assert fates("A fox on the left", scene(regions=(region("fox", "a fox", where),)))["place left"] == fate


def test_texts_hold_what_has_no_region() -> None:
    bare = scene(regions=(), background="a small barn at night", caption="A red fox left of a small barn")
    found = fates(PROMPT, bare)
    assert found["thing red fox"] == "caption"
    assert found["thing small barn"] == "background"
    assert found["relation fox left of barn"] == "caption"


def test_what_is_over_the_budget_says_so() -> None:
    note = Note(kind="overflow", name="fox", text="A picture has at most 32 regions.")
    entry = account(PROMPT, scene(regions=()), (note,))["thing red fox"]
    assert (entry.where, entry.because) == ("not planned", "A picture has at most 32 regions.")


def test_what_should_be_absent_and_is_not_listed_is_not_planned() -> None:
    assert fates(PROMPT, scene(absent=()))["absent snow"] == "not planned"


def test_an_entry_remembers_what_was_asked() -> None:
    asks = read_asks(PROMPT)
    assert tuple(map(asked, trace(asks, scene(), SIZE))) == asks


@pytest.mark.parametrize("predicate", ["left of", "right of"])
def test_relations_of_counted_things_hold_for_each(predicate: Predicate) -> None:
    crows = tuple(region(f"crow {n}", "a crow", box) for n, box in enumerate((LEFT, RIGHT), start=1))
    barn = region("barn", "a barn", Box(x0=450, y0=300, x1=550, y1=700))
    mixed = scene(
        regions=(*crows, barn),
        relations=(Relation(subject="crow 1", predicate=predicate, object="barn"),),
    )
    entries = account(f"Two crows {predicate} a barn", mixed)
    assert entries[f"relation crow {predicate} barn"].where == "not planned"
