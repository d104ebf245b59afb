"""What the built-in planner reads in a prompt: truth tables of names, counts, places and relations."""

import pytest

from planner.builtin import BuiltinPlanner
from planner.errors import UserError
from planner.plans import Draft
from planner.scene import Place, Region, Scene

plan = BuiltinPlanner()


def scene(prompt: str) -> Scene:
    return plan(prompt).scene


def region(found: Scene, name: str) -> Region:
    return next(region for region in found.regions if region.name == name)


def place(found: Scene, name: str) -> tuple[str, str, str] | None:
    where = region(found, name).where
    return (where.horizontal, where.vertical, where.size) if isinstance(where, Place) else None


def links(found: Scene) -> list[tuple[str, str, str]]:
    return [(link.subject, link.predicate, link.object) for link in found.relations]


def test_the_reference_sentence() -> None:
    found = scene(
        "At night, a large yellow star in the upper left, a red heart in the middle of the grass, "
        "and a blue ring to the right of the heart"
    )
    assert [(each.name, each.prompt) for each in found.regions] == [
        ("star", "a large yellow star"),
        ("heart", "a red heart"),
        ("ring", "a blue ring"),
    ]
    assert place(found, "star") == ("left", "top", "large")
    assert place(found, "heart") == ("center", "bottom", "medium")
    assert place(found, "ring") is None
    assert links(found) == [("ring", "right of", "heart")]
    assert found.background == "night, grass"


@pytest.mark.parametrize(
    ("prompt", "regions"),
    [
        ("three cats", [("cat", "a cat", 3)]),
        ("3 black cats", [("cat", "a black cat", 3)]),
        ("a dozen eggs in a basket", [("egg", "a dozen eggs", 12), ("basket", "a basket", 1)]),
        ("two dozen roses", [("rose", "two dozen roses", 24)]),
        ("a pair of red shoes", [("shoe", "a red shoe", 2)]),
        ("a pair of scissors", [("scissors", "a pair of scissors", 1)]),
        ("several apples and a few pears", [("apple", "an apple", 3), ("pear", "a pear", 3)]),
        ("both dogs are asleep", [("dog", "an asleep dog", 2)]),
        ("a flock of birds", [("birds", "a flock of birds", 1)]),
        ("a group of three birds sitting on a roof", [("bird", "a bird sitting", 3), ("roof", "a roof", 1)]),
        ("many balloons", [("balloons", "many balloons", 1)]),
        ("four vases", [("vase", "a vase", 4)]),
        ("one oven together with two lamps", [("oven", "one oven", 1), ("lamp", "a lamp", 2)]),
        ("two traffic lights", [("traffic light", "a traffic light", 2)]),
        ("a pink five-pointed star", [("star", "a pink five-pointed star", 1)]),
        ("a clock and three birds", [("clock", "a clock", 1), ("bird", "a bird", 3)]),
    ],
)  # fmt: skip
def test_counts(prompt: str, regions: list[tuple[str, str, int]]) -> None:
    assert [(each.name, each.prompt, each.count) for each in scene(prompt).regions] == regions


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        ("a man with a red hat holding a lantern", ["a man with a red hat holding a lantern", "a lantern"]),
        ("a woman in a blue coat feeding geese", ["a woman in a blue coat feeding", "geese"]),
        ("a cat is sleeping on a sofa", ["a cat sleeping", "a sofa"]),
        ("The cat is black and fluffy.", ["the black and fluffy cat"]),
        ("A cat is asleep.", ["an asleep cat"]),
        ("A young blacksmith hammers a glowing sword on an anvil.", [
            "a young blacksmith hammering", "a glowing sword", "an anvil",
        ]),
        ("a table made of oak", ["a table made of oak"]),
        ("a table made from oak", ["a table made from oak"]),
        ("a kettle which is of red and silver color", ["a kettle which is of red and silver color"]),
        ("a plane that is flying", ["a plane that is flying"]),
        ("A woman is riding a horse. She wears a blue dress.", [
            "a woman riding, wearing a blue dress", "a horse",
        ]),
        ("A cat purrs, its tail flicking in rhythm.", ["a cat purring, with a tail flicking in rhythm"]),
        ("a bowl of fruit next to a cup of coffee", ["a bowl of fruit", "a cup of coffee"]),
        ("a bronze statue of a horse", ["a bronze statue of a horse"]),
        ("an owl in a sweater", ["an owl in a sweater"]),
        ("a fire hydrant and a stop sign", ["a fire hydrant", "a stop sign"]),
        ("a snow-capped peak", ["a snow-capped peak"]),
        (
            "A big white tree is in the lower right, and a black circle is in the middle.",
            ["a big white tree", "a black circle"],
        ),
        ("a girl flies a kite", ["a girl", "a kite"]),
        ("a man walks a dog", ["a man walking", "a dog"]),
    ],
)  # fmt: skip
def test_regional_prompts_stand_alone(prompt: str, prompts: list[str]) -> None:
    assert [each.prompt for each in scene(prompt).regions] == prompts


@pytest.mark.parametrize(
    ("prompt", "name", "where"),
    [
        ("a cat in the upper left", "cat", ("left", "top", "medium")),
        ("a cat at the bottom right corner of the picture", "cat", ("right", "bottom", "medium")),
        ("a huge cat on the left", "cat", ("left", "middle", "large")),
        ("a tiny cat in the center", "cat", ("center", "middle", "small")),
        ("a cat at the top", "cat", ("center", "top", "medium")),
        ("a cat on the left side of the image", "cat", ("left", "middle", "medium")),
        ("a cat on the far right", "cat", ("right", "middle", "medium")),
        ("a dog, a cat top left", "cat", ("left", "top", "medium")),
        ("In the lower left, there is a cat.", "cat", ("left", "bottom", "medium")),
        ("Bottom right: a cat.", "cat", ("right", "bottom", "medium")),
        ("mountains in the background", "mountains", ("full", "middle", "medium")),
        ("a plane in the sky", "plane", ("center", "top", "medium")),
        ("a rabbit in the middle of the meadow", "rabbit", ("center", "bottom", "medium")),
        ("a rabbit on the left of the meadow", "rabbit", ("left", "bottom", "medium")),
        ("a book on the top shelf", "book", None),
        ("a red square and a cat", "cat", None),
    ],
)
def test_places(prompt: str, name: str, where: tuple[str, str, str] | None) -> None:
    assert place(scene(prompt), name) == where


def test_what_stands_between_two_is_on_neither_side() -> None:
    found = scene("On the left a tall oak, on the right a red barn, and between them five sheep.")
    sides = [place(found, name) for name in ("oak", "barn", "sheep")]
    assert sides == [("left", "middle", "medium"), ("right", "middle", "medium"), None]


def test_each_place_goes_to_its_own_thing() -> None:
    found = scene(
        "In the top right there is an orange; in the bottom left there is a pink ring with a stone."
    )
    assert place(found, "orange") == ("right", "top", "medium")
    assert place(found, "ring") == ("left", "bottom", "medium")


@pytest.mark.parametrize(
    ("prompt", "cat", "dog"),
    [
        ("At the top there is a cat and at the bottom there is a dog", "top", "bottom"),
        ("at the top a cat, at the bottom a dog", "top", "bottom"),
        ("Top: a cat. Bottom: a dog.", "top", "bottom"),
        ("a huge purple cat at the top, a dog at the bottom", "top", "bottom"),
        ("a scene with a cat on the bottom and a dog on the top", "bottom", "top"),
    ],
)
def test_places_before_and_after_their_things(prompt: str, cat: str, dog: str) -> None:
    found = scene(prompt)
    assert [place(found, each.name) for each in found.regions] == [
        ("center", cat, "large" if "huge" in prompt else "medium"),
        ("center", dog, "medium"),
    ]


def test_a_size_without_a_place_is_kept_open() -> None:
    cat = region(scene("a large cat next to a dog"), "cat")
    assert (cat.size, cat.where) == ("large", None)


def test_depth_follows_the_words() -> None:
    found = scene("In the foreground, a fox. Behind it stands a barn. A castle in the distance.")
    fox, barn, castle = (region(found, name).depth for name in ("fox", "barn", "castle"))
    assert fox == 0
    assert fox < barn < castle
    assert region(scene("a castle on a hill in the distance"), "castle").depth == castle


@pytest.mark.parametrize(
    ("prompt", "absent", "caption"),
    [
        ("a beach without people", ("people",), "a beach"),
        ("a photo of a dog without any red balls or cats", ("red balls", "cats"), "a photo of a dog"),
        ("three apples, no bananas", ("bananas",), "three apples"),
        ("three apples and no bananas, and a pear", ("bananas",), "three apples, and a pear"),
        ("There are no dogs in the park.", ("dogs",), "in the park."),
        ("a dog, not a cat", ("cat",), "a dog"),
        ("A park. Do not include any dogs.", ("dogs",), "A park."),
        ("a landscape devoid of trees", ("trees",), "a landscape"),
        ("a street with no one on it", (), "a street with no one on it"),
        ("A street free of cars", ("cars",), "A street"),
        ("A garden that lacks flowers", ("flowers",), "A garden"),
        ("A house. There isn't any fence.", ("fence",), "A house."),
        ("a house. The dog is not visible.", ("dog",), "a house."),
        ("a house. The dog is not brown.", (), "a house. The dog is not brown."),
        ("a cat, no dogs but a bird", ("dogs",), "a cat but a bird"),
        ("A red ring. Leave out any star.", ("star",), "A red ring."),
        ("A red ring on grass. Leave the star out.", ("star",), "A red ring on grass."),
        ("A cat on a mat; dogs should be left out.", ("dogs",), "A cat on a mat."),
        ("Children leave toys out on a lawn.", (), "Children leave toys out on a lawn."),
    ],
)
def test_what_is_absent_is_left_out(prompt: str, absent: tuple[str, ...], caption: str) -> None:
    draft = plan(prompt)
    assert (draft.scene.absent, draft.scene.caption) == (absent, caption)
    assert not set(absent) & {each.name for each in draft.scene.regions}
    assert [note.name for note in draft.notes if note.kind == "absent"] == list(absent)


@pytest.mark.parametrize(
    ("prompt", "names", "background"),
    [
        ("two green triangles at the bottom, snow, daytime", ["triangle"], "snow, daytime"),
        ("a pink moon above a large black cross in a meadow at sunset", ["moon", "cross"], "meadow, sunset"),
        ("a red star, a blue moon and a green ring, sea, dusk", ["star", "moon", "ring"], "sea, dusk"),
        ("In a dense forest, a fox", ["fox"], "dense forest"),
        ("a living room with a couch and a lamp", ["couch", "lamp"], "living room"),
        ("a kite under a cloudy sky", ["kite"], "cloudy sky"),
        ("A kite. The sky is blue and the grass is not green.", ["kite"], "blue sky, grass"),
        ("a car in a parking lot", ["car"], "parking lot"),
        ("a cat and a dog", ["cat", "dog"], ""),
        ("The scene has a sense of wonder, and an owl", ["owl"], ""),
        ("Picture this by day in the snow: a pink triangle at the bottom.", ["triangle"], "day, snow"),
        ("Picture this on a sunny day on the grass: a red star.", ["star"], "sunny day, grass"),
        ("An illustration at night in the snow, showing a black heart.", ["heart"], "night, snow"),
        ("A man holding a poster showing a cat", ["man", "poster", "cat"], ""),
    ],
)  # fmt: skip
def test_the_setting_is_the_background(prompt: str, names: list[str], background: str) -> None:
    found = scene(prompt)
    assert [each.name for each in found.regions] == names
    assert found.background == background


@pytest.mark.parametrize(
    ("prompt", "style", "names"),
    [
        ("a watercolor painting of a fox", "watercolor painting", ["fox"]),
        ("a picture of a fox", "", ["fox"]),
        ("a fox, highly detailed, 8k", "highly detailed, 8k", ["fox"]),
        ("a postcard of a lighthouse", "postcard", ["lighthouse"]),
        ("a postcard on a table", "", ["postcard", "table"]),
        (
            "a fox. The whole scene is painted in soft watercolour, with long shadows.",
            "soft watercolour",
            ["fox"],
        ),
        ("a fox beside a log. The style is that of an old postcard.", "an old postcard", ["fox", "log"]),
        ("a red house painted in oils and a tree", "oils", ["house", "tree"]),
        ("a fox in the style of Monet", "in the style of Monet", ["fox"]),
        ("a realistic photo of a scene with a fox and a car", "realistic photo", ["fox", "car"]),
        ("a painting above a sofa", "", ["painting", "sofa"]),
    ],
)
def test_style_is_no_region(prompt: str, style: str, names: list[str]) -> None:
    found = scene(prompt)
    assert (found.style, [each.name for each in found.regions]) == (style, names)


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("a red circle on the left, a blue circle on the right", ["red circle", "blue circle"]),
        ("a cat and another cat", ["cat", "cat (2)"]),
        ("a cat. The cat sleeps.", ["cat"]),
        ("a big cat and a small dog. The small dog barks.", ["cat", "dog"]),
        ("a teddy bear", ["teddy bear"]),
        ("a helicopter flies over Paris.", ["helicopter", "paris"]),
        ("two wedges of cheese and a bust of a poet", ["wedge of cheese", "bust of poet"]),
        ("a cup of coffee beside a remote control", ["cup", "remote control"]),
        ("a garden hose reel", ["garden hose reel"]),
    ],
)
def test_names_are_short_and_unique(prompt: str, names: list[str]) -> None:
    assert [each.name for each in scene(prompt).regions] == names


def test_more_than_ten_are_one_group_with_a_note() -> None:
    draft = plan("fifty balloons")
    assert [(each.name, each.count) for each in draft.scene.regions] == [("balloon", 50)]
    assert [(note.kind, note.name) for note in draft.notes] == [("group", "balloon")]


def test_what_is_over_the_budget_goes_to_the_background_by_name() -> None:
    animals = ("ants", "bears", "cats", "dogs", "eels", "foxes")
    draft = plan("A picture with " + ", ".join(f"nine {animal}" for animal in animals))
    instances = sum(each.count for each in draft.scene.regions)
    left_over = [note.name for note in draft.notes if note.kind == "overflow"]
    assert instances == 27
    assert left_over == ["dog", "eel", "fox"]
    assert "fox" in draft.scene.background


@pytest.mark.parametrize("prompt", ["一只猫坐在垫子上", "🎉🎉", "?!", "12", ".", ", photo"])
def test_what_is_no_english_becomes_the_caption(prompt: str) -> None:
    assert scene(prompt).caption == prompt
    assert scene(prompt).regions == ()


def test_a_long_prompt_has_a_short_caption() -> None:
    found = scene("A cat sleeps on a red mat. " * 20)
    assert found.caption.endswith("mat.")
    assert len(found.caption.split()) <= 60


def test_an_empty_prompt_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="prompt is empty"):
        plan(" \n")


def test_the_same_prompt_gives_the_same_plan() -> None:
    prompt = "a cat, two dogs left of a tree, and no birds, at dusk"
    drafts: list[Draft] = [plan(prompt), BuiltinPlanner()(prompt)]
    assert drafts[0] == drafts[1]
    assert drafts[0].origin.planner == "builtin"


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("three cats and a few dogs, the number of cats is more than that of dogs", {"cat": 3, "dog": 2}),
        ("two cats with a few dogs, the number of cats is more than that of dogs", {"cat": 2, "dog": 1}),
        ("two cats and a few dogs, the number of cats is less than that of dogs", {"cat": 2, "dog": 3}),
        ("four cats and a few dogs, there are fewer cats than dogs", {"cat": 4, "dog": 5}),
        ("several cats and two dogs, more dogs than cats", {"cat": 1, "dog": 2}),
        ("three cats and two dogs, the number of cats is less than that of dogs", {"cat": 3, "dog": 2}),
    ],
)
def test_a_vague_number_follows_a_comparison_and_a_stated_one_stays(
    prompt: str, counts: dict[str, int]
) -> None:
    scene = plan(prompt).scene
    assert {region.name: region.count for region in scene.regions} == counts


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("a photo of one cat with one suitcase", ["cat", "suitcase"]),
        ("a woman with two dogs and one bag", ["woman", "dog", "bag"]),
        ("a pirate with one leg", ["pirate"]),
        ("a chef carrying two trays", ["chef", "tray"]),
        ("a sailor who drinks coffee, with a tattoo", ["sailor"]),
        ("a fox on a wall with a mill in the background", ["fox", "mill"]),
        ("two benchs in a park", ["bench"]),
    ],
)
def test_what_is_counted_is_a_thing_of_its_own(prompt: str, names: list[str]) -> None:
    assert [region.name for region in plan(prompt).scene.regions] == names
