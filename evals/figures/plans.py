"""Twenty plans on one sheet, each with its prompt beneath: `python -m evals.figures.plans` (a minute)."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont, ImageOps

from planner.draw import draw_png
from renderer.pipeline import layout_of, make_plan

PROMPTS = (
    "An elephant, a cat and a mouse.",
    "A red cube on top of a blue sphere, to the left of a green pyramid.",
    "Seven ducks on a lake, mountains in the background.",
    "A small bird sitting on the back of a rhinoceros.",
    "A kitchen table with four chairs and no people.",
    "A girl on the beach flies a kite, with a lighthouse far away in the distance on the right.",
    "A ladybug on a leaf next to a snail.",
    "Nine balloons in the sky over a field of flowers.",
    "A knight with a sword in front of a castle; a dragon is flying above the castle.",
    "A snowman, two children, a sled, and a house with a chimney.",
    "A bus, three cars and a traffic light. Tall buildings in the background.",
    "On the left a tall oak tree, on the right a red barn, and between them five sheep.",
    "A cat is sleeping on a sofa under a window. There is a lamp to the right of the sofa, without a "
    "lampshade.",
    "A glass of milk to the left of a plate, and a fork to the right of the plate.",
    "A moon above a windmill, and a cow behind a fence.",
    "Two horses, six chickens and a tractor in front of a farmhouse.",
    "A garden at dawn, without any people. In the middle stands a stone fountain, and three white doves "
    "sit on its rim. To the left of the fountain a gardener's red wheelbarrow waits, full of tulips, "
    "and beside it lies a spade. To the right of the fountain there is a wooden bench, on which a "
    "ginger cat sleeps next to a straw hat. Behind the bench a tall cypress rises. In the foreground a "
    "hedgehog walks across the gravel, followed by two smaller ones. In the upper left a hot air "
    "balloon drifts, striped in yellow and blue, and in the upper right the last star is fading. Far "
    "away in the background stands a small white chapel on a hill, with a line of poplars to its left. "
    "There are no cars and no wires. The whole scene is painted in soft watercolour, with long shadows "
    "and a pale pink sky.",
    "An inventor's workshop at night. A large oak workbench stands in the center, and on the workbench "
    "there are a brass telescope, an open book, three glass bottles and a small clockwork owl. A green "
    "desk lamp stands to the right of the book. An old man with a grey beard, who wears a leather "
    "apron, stands behind the workbench and holds a pair of pliers. To his left there is a tall "
    "bookshelf, on which a globe and a ship in a bottle are displayed. On the right a dog sleeps on a "
    "round rug next to an iron stove. A bicycle with one wheel hangs from the ceiling in the upper "
    "left, and a round window is in the upper right, through which the moon can be seen. In the "
    "foreground two wooden crates are stacked, and a mouse is sitting on top of them. Nobody else is in "
    "the room, and there are no computers.",
    "A harbour on a windy day. In the background a row of narrow houses, red, white and ochre, spans "
    "the picture, and a church tower rises behind them. Three sailing boats lie in the middle, and the "
    "one on the right is larger than the others. In front of the boats a fisherman in a yellow coat is "
    "mending a net, and a boy stands to his left with a bucket in his hand. Four barrels stand to the "
    "right of the fisherman. On one of the barrels a fat seagull is perched, and above the boats two "
    "more seagulls are flying. In the lower left corner there is a pile of ropes, next to an anchor. In "
    "the lower right corner a black cat is eating a fish. In the upper left the sun breaks through dark "
    "clouds. There are no cranes, no flags and no other people on the quay.",
    "A picnic in a meadow: a checkered blanket in the lower middle, and on the blanket a wicker basket, "
    "two plates, a loaf of bread, a bottle of lemonade and five apples. A woman in a blue dress sits to "
    "the left of the blanket and reads a letter. A man with a guitar sits to the right of the blanket. "
    "Between them, behind the basket, a small brown dog is waiting. A large willow stands on the left "
    "behind the woman, and a swing hangs from it. A red bicycle leans against a fence on the right. Far "
    "away in the background are blue mountains, and before the mountains a train crosses a stone "
    "bridge. Above the bridge an eagle circles in the sky. In the foreground three butterflies flutter "
    "over the daisies, and a ladybug climbs a blade of grass. There is no rain, and nobody else has "
    "come. The style is that of an old postcard.",
)
"""Short, counted, related and absent things; and four of some 150 words."""

COLUMNS = 5
SIDE, GAP = 320, 12
"""Pixels of a drawing's side, and between drawings."""

SMALL_PRINT, LINE = 10, 12
WORDS_WIDE = 66
"""Letters of a line beneath a drawing."""

COLOURS = 64
"""Of the sheet's palette: plans are flat, and so the file is small."""

FIGURE = Path(__file__).with_name("plans.png")


def sheet(prompts: Sequence[str]) -> Image.Image:
    """The plans of the prompts in rows, each row as high as its longest prompt needs."""
    plans = [captioned(prompt) for prompt in prompts]
    rows = [plans[start : start + COLUMNS] for start in range(0, len(plans), COLUMNS)]
    heights = [max(plan.height for plan in row) + GAP for row in rows]
    image = Image.new("RGB", (len(rows[0]) * (SIDE + GAP) + GAP, sum(heights) + GAP), "white")
    for number, row in enumerate(rows):
        for column, plan in enumerate(row):
            image.paste(plan, (GAP + column * (SIDE + GAP), GAP + sum(heights[:number])))
    return image


def captioned(prompt: str) -> Image.Image:
    """The plan of one prompt, which stands beneath it in small print."""
    plan = ImageOps.contain(draw_png(layout_of(make_plan(prompt))), (SIDE, SIDE), Image.Resampling.LANCZOS)
    lines = wrap(prompt, WORDS_WIDE)
    image = Image.new("RGB", (SIDE, SIDE + GAP + LINE * len(lines)), "white")
    image.paste(plan, (0, 0))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(SMALL_PRINT)
    for number, line in enumerate(lines):
        pen.text((0, SIDE + 4 + LINE * number), line, fill="black", font=font)
    return image


def write(path: Path, prompts: Sequence[str] = PROMPTS) -> None:
    """Draw and write the sheet."""
    sheet(prompts).quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    write(FIGURE)
