"""The words that the little world's captions are made of."""

KIND_WORDS: dict[str, tuple[str, ...]] = {
    "star": ("star", "star", "star", "five-pointed star"),
    "heart": ("heart", "heart", "heart", "heart shape"),
    "ring": ("ring", "ring", "ring", "hoop"),
    "circle": ("circle", "circle", "disc", "ball", "dot"),
    "square": ("square", "square", "square", "box", "block"),
    "triangle": ("triangle",),
    "diamond": ("diamond", "diamond", "rhombus"),
    "cross": ("cross", "cross", "plus sign"),
    "moon": ("moon", "moon", "crescent", "crescent moon"),
    "flower": ("flower", "flower", "blossom"),
    "cloud": ("cloud",),
    "house": ("house", "house", "cottage"),
    "tree": ("tree",),
    "fish": ("fish",),
}
COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "red": ("red", "red", "red", "bright red", "scarlet"),
    "orange": ("orange",),
    "yellow": ("yellow", "yellow", "yellow", "bright yellow", "golden"),
    "green": ("green", "green", "green", "dark green"),
    "blue": ("blue", "blue", "blue", "deep blue"),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink",),
    "brown": ("brown",),
    "black": ("black",),
    "white": ("white",),
}
SIZE_WORDS: dict[str, tuple[str, ...]] = {
    "small": ("small", "small", "little", "tiny"),
    "medium": ("",),
    "large": ("large", "large", "big", "huge"),
}
SKY_WORDS: dict[str, tuple[str, ...]] = {
    "day": (
        "on a sunny day", "by day", "in daylight", "under a blue sky", "in the daytime", "on a clear day",
    ),
    "night": (
        "at night", "at night", "at night", "by night", "under a dark sky", "in the dark of night",
        "under the night sky",
    ),
    "sunset": ("at sunset", "at sunset", "at dusk", "in the evening", "under a sunset sky"),
    "fog": ("in fog", "on a foggy day", "on a gray day", "under a gray sky", "on a misty morning"),
}  # fmt: skip
SKY_NOUNS = {
    "day": ("sunny day", "day", "daytime", "blue sky"),
    "night": ("night", "night", "night sky"),
    "sunset": ("sunset", "dusk", "evening"),
    "fog": ("foggy day", "fog", "gray sky", "mist"),
}
GROUND_WORDS: dict[str, tuple[str, ...]] = {
    "grass": ("on the grass", "in a meadow", "on a lawn", "on green grass", "in a field", "in the grass"),
    "sand": ("on the sand", "on a beach", "in a desert", "on sand"),
    "snow": ("in the snow", "on snow", "on a snowy field", "in a snowy landscape"),
    "sea": ("by the sea", "over the sea", "on the water", "in the sea", "above the water"),
    "road": ("on a road", "in the street", "on a gray road", "on the street"),
}
GROUND_NOUNS = {
    "grass": ("grass", "grass", "meadow", "field", "lawn"),
    "sand": ("sand", "sand", "beach", "desert"),
    "snow": ("snow", "snow", "snowy field"),
    "sea": ("sea", "water", "ocean", "sea"),
    "road": ("road", "street", "road"),
}
WALL_WORDS: dict[str, tuple[str, ...]] = {
    "white": (
        "on a white background", "on plain white", "in front of a white wall", "against a white background",
    ),
    "gray": ("on a gray background", "against a gray wall", "on plain gray"),
    "blue": ("on a blue background", "against a light blue wall", "on a plain light blue background"),
    "cream": ("on a cream background", "on plain beige", "against a cream wall"),
}  # fmt: skip
WALL_NOUNS = {
    "white": ("white background", "white wall"),
    "gray": ("gray background", "gray wall"),
    "blue": ("light blue wall", "blue background"),
    "cream": ("cream background", "cream wall"),
}
ABOVE_WORDS = ("above", "above", "over", "higher than")
BELOW_WORDS = ("below", "below", "under", "beneath", "underneath")
LEFT_WORDS = ("to the left of", "left of", "on the left of", "to the left of", "on the left side of")
RIGHT_WORDS = ("to the right of", "right of", "on the right of", "to the right of", "on the right side of")
NEAR_WORDS = ("next to", "beside", "near")
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
OPENERS = (
    "", "", "", "", "", "there is ", "a picture of ", "a drawing of ", "this is ", "we see ",
    "an image with ", "a scene with ", "a simple picture with ", "draw ", "a view of ",
)  # fmt: skip
RARE = (
    "ancient", "shiny", "lonely", "cheerful", "glowing", "smooth", "old", "bright", "magical", "simple",
    "elegant", "wooden", "painted", "beautiful", "cute", "detailed", "gentle", "quiet", "sparkling",
    "strange", "sturdy", "vivid", "weathered", "whimsical", "delicate", "glossy", "polished", "radiant",
    "serene", "lovely", "rustic", "soft",
)  # fmt: skip
CLOSERS = (
    "", "", "", "", "", ", high quality", ", flat colours", ", simple shapes",
    ", a children's book illustration", ", with soft light", ", vivid and calm", ", nothing else",
    ", digital art", ", in a clean style",
)  # fmt: skip
