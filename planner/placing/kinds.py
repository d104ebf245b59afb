"""How large and how wide things are by their kind, as everybody knows it: a mouse is smaller than a barn."""

from collections.abc import Iterable
from typing import NamedTuple

from planner.builtin.lexicon import PERSONS, word_set

TINY = word_set("""
    ant bead bee beetle berry blueberry bug butterfly button caterpillar cherry coin cricket dice die
    dragonfly earring feather fly fork grape insect jewel key knife ladybug leaf marble mosquito moth mouse
    mushroom nail needle nut olive pea pearl pebble pen pencil petal pin raspberry ring screw seed shell
    snail spider spoon stamp strawberry ticket wasp worm
""")
SMALL = word_set("""
    apple avocado bag ball banana basket bird book bottle bouquet bowl box brush bucket burger cake camera
    can candle carrot cat chick chicken clock coconut cookie crab crow cup dish donut dove duck duckling egg
    fish flower flowerpot frog glass globe glove goblet gull hammer hamster hat hedgehog helmet hen jar jug
    kettle kitten lamp lantern laptop lemon lizard magpie mask mug orange owl parrot pear phone pie pigeon
    pineapple pizza plate pliers pot pumpkin puppy rabbit radio rat raven robin rooster rose sandwich scroll
    seagull shoe skull sparrow squirrel starfish sword teapot telephone toad tomato toy tray trophy tulip
    turtle umbrella vase watch wrench
""")
LARGE = word_set("""
    bear bed boat bookcase bookshelf buffalo bull camel canoe car carousel carriage couch cow crocodile
    dolphin elephant fountain gazebo giraffe gorilla helicopter hippo hippopotamus horse hut moose oak ox
    palm piano pine rhino rhinoceros shark shed sofa stall statue table tent tractor tree truck unicorn van
    wagon wardrobe willow workbench zebra
""")
HUGE = word_set("""
    airliner airplane airship barn bridge building bus cabin castle cathedral church cliff cottage dinosaur
    dragon factory ferry hill hotel house iceberg jet lighthouse locomotive mansion monument mountain pagoda
    palace plane pyramid rocket ruin sailboat ship skyscraper spaceship stadium temple tower train volcano
    waterfall whale windmill yacht
""")
SCALES = ((TINY, 0.5), (SMALL, 0.7), (LARGE, 1.3), (HUGE, 1.6))
"""How large the side of a thing is against that of a dog or a chair: much evened, as pictures do it."""

TALL = PERSONS | word_set("""
    bookcase bookshelf bottle candle column door flower fridge giraffe goblet ladder lamp lamppost lantern
    lighthouse obelisk palm penguin pillar pine refrigerator rocket rose skyscraper statue streetlight
    telescope totem tower tree tulip vase wardrobe waterfall
""")
WIDE = word_set("""
    airliner airplane airship alligator audience bed bench boat bookshelves bridge bus canoe car cart
    children cloud couch cow crocodile crowd desk dolphin elephant family fence ferry fish helicopter hill
    hippo horse island jet keyboard limousine locomotive mountain people piano pig plane rainbow rhino
    rhinoceros shark sheep ship sofa spaceship submarine table train tray truck van wagon whale workbench
    yacht zebra
""")
FIGURES = word_set("""
    arrow circle crescent cross disc disk ellipse heart hexagon octagon oval parallelogram pentagon rectangle
    rhombus semicircle square star trapezoid triangle
""")
"""What is drawn as a flat figure, as large as one likes."""

EITHER = word_set("ball box ring")
"""What is a figure too among figures: a ring beside a square is no jewel, nor a box a parcel."""

DRAWN = 1 / 3
"""Share of figures from which a scene is one of figures, and no workshop with a star in the window."""

SHAPES = ((WIDE, 1.5), (TALL, 0.62))
"""Width by height, where a thing is no square; a crowd is wide although persons are tall."""

GROUP = 1.6
"""How much wider several things in one region are."""

ALOFT = word_set("""
    airliner airplane airship balloon bat bird blimp chandelier cloud comet constellation dragonfly drone
    eagle falcon firework gull hawk helicopter jet kite lightning meteor moon plane rainbow seagull star sun
    ufo
""")
"""What is in the air, unless something else is said of it."""


class Kind(NamedTuple):
    """What is known of a thing by its name: the side of a square as large, and width by height."""

    scale: float = 1.0
    shape: float = 1.0
    aloft: bool = False


def kind_of(name: str) -> Kind:
    """The kind of what has this name, by its last word: "a red fire truck", "cat 2", "sailing boats"."""
    told = _last_word(name)
    word = _singular(told)
    several = word != told
    scale = next((scale for known, scale in SCALES if word in known), 1.0)
    shape = next((shape for known, shape in SHAPES if told in known or word in known), 1.0)
    return Kind(scale, max(shape, 1.0) * GROUP if several else shape, word in ALOFT)


def kinds_among(names: Iterable[str]) -> dict[str, Kind]:
    """The kind of each of these in one scene, where `EITHER` are figures if a share of `DRAWN` is figures."""
    words = {name: _singular(_last_word(name)) for name in names}
    kinds = {name: kind_of(name) for name in words}
    figures = sum(word in FIGURES for word in words.values())
    if not figures or figures + sum(word in EITHER for word in words.values()) < DRAWN * len(words):
        return kinds
    return {name: kind._replace(scale=1.0) if words[name] in EITHER else kind for name, kind in kinds.items()}


def _last_word(name: str) -> str:
    words = [word for word in name.lower().replace("_", " ").split() if not word.strip("()#").isdecimal()]
    return words[-1] if words else ""


def _singular(word: str) -> str:
    """The singular where it is a known kind, else the word."""
    endings = (("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"), ("men", "man"))
    forms = (word[: len(word) - len(end)] + instead for end, instead in endings if word.endswith(end))
    return next((form for form in forms if form in _KNOWN), word)


_KNOWN = frozenset().union(ALOFT, FIGURES, EITHER, *(known for known, _ in (*SCALES, *SHAPES)))
