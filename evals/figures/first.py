"""The README's first figure: a plan, the plain picture and the one by regions, from the same noise.

`python -m evals.figures.first` (a minute).
"""

from pathlib import Path

from PIL import Image

from planner.draw import draw_png
from renderer.cards import model_card
from renderer.grid import rasterise
from renderer.models import load_model
from renderer.pipeline import generate, layout_of
from renderer.rendering import render

PROMPT = (
    "At night, a large yellow star in the upper left, a red heart in the middle of the grass, "
    "and a blue ring to the right of the heart"
)
SIDE = 384
FIGURE = Path(__file__).with_name("first.png")


def side_by_side(images: list[Image.Image], side: int = SIDE, gap: int = 16) -> Image.Image:
    """The images in a row, each `side` pixels square."""
    sheet = Image.new("RGB", (len(images) * (side + gap) - gap, side), "white")
    for index, image in enumerate(images):
        sheet.paste(image.resize((side, side), Image.Resampling.LANCZOS), (index * (side + gap), 0))
    return sheet


def main() -> None:
    """Draw and write the figure."""
    model = load_model(model_card("tiny"))
    result = generate(PROMPT, seed=0, model=model)
    layout = layout_of(result.plan)
    plain = render(rasterise(layout), model, result.recipe, result.seed, plain=True)
    side_by_side([draw_png(layout), plain.image, result.image]).save(FIGURE, optimize=True)


if __name__ == "__main__":
    main()
