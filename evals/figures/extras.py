"""LoRAs and a ControlNet with regions, as in the paper's figure 4: `python -m evals.figures.extras lora`.

Prompts of two things, each drawn in several ways from the same noise: `lora` with the outlined style nowhere,
everywhere and in the first thing's region; `control` with and without a map of depth. The LoRA ships; the
ControlNet must have been trained before (`python -m evals.world.control`). Pictures are kept in
--out and are not drawn again; the sheet goes into this folder, the figures to stdout.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from evals.statistics import clustered
from evals.world.cases import Case, mapped, placed
from evals.world.control import new_controlnet
from evals.world.detector import Detection, detect
from evals.world.filling import filled
from evals.world.judging import judge
from evals.world.lora import SHIPPED
from evals.world.styles import depth
from evals.world.tableau import Tableau
from evals.world.trial import Edges
from planner.draw import draw_png
from planner.errors import UserError
from planner.files import write_atomic
from renderer.cards import model_card
from renderer.extras import Control, Extras, Lora
from renderer.grid import rasterise
from renderer.models import Model, load_model
from renderer.pictures import picture_record, png_bytes
from renderer.pipeline import layout_of
from renderer.progress import in_options
from renderer.rendering import render
from renderer.settings import Settings

FIRST = 9_000_000
"""First seed of the prompts: none that a check or a training has."""

STEPS = 12
BASE_RATIOS = (0.0, 0.1, 0.2)
"""β at which the LoRA of one region is measured."""

SHOWN_RATIO = 0.1
"""That of the sheet."""

CELL, GAP, LINE = 256, 10, 15
"""Pixels of a picture's side on the sheet, between pictures, and of a line of words."""


@dataclass(frozen=True)
class Way:
    """A way to draw a case, by the name that its pictures have."""

    name: str
    settings: Settings
    extras: Callable[[Case], Extras]
    plain: bool = False


def lora_ways(source: Path) -> tuple[Way, ...]:
    """Without the LoRA and with it in one region at each β, and everywhere at the sheet's.

    Without it is at a weight of 0 in that region: only so the negative pass has regions too.
    """
    everywhere = Extras(loras=(Lora(source=str(source)),))
    ways = [Way("everywhere", _strict(SHOWN_RATIO), lambda _: everywhere)]
    for ratio in BASE_RATIOS:
        for name, weight in (("without", 0.0), ("region", 1.0)):
            lora = Lora(source=str(source), weight=weight)
            ways.append(Way(f"{name}-{ratio}", _strict(ratio), _regional(lora)))
    return tuple(ways)


def _strict(ratio: float) -> Settings:
    return Settings(
        mode="paper", steps=STEPS, base_ratio=ratio, inject_steps="100%", double_interval=1, single_interval=1
    )


def _regional(lora: Lora) -> Callable[[Case], Extras]:
    return lambda case: Extras(loras=(lora.model_copy(update={"region": case.regions[0]}),))


def control_ways(source: Path, out: Path, model: Model) -> tuple[Way, ...]:
    """By regions without and with the ControlNet, and with it by the whole prompt alone.

    Without it is with an untrained one, which changes nothing: the pipeline takes noise to encode the map, so
    that only so the picture begins with the same.
    """
    untrained = out / "untrained"
    if not untrained.exists():
        new_controlnet(model.pipeline.transformer).save_pretrained(untrained)

    def by(net: Path) -> Callable[[Case], Extras]:
        return lambda case: Extras(controls=(Control(image=str(_map(out, case)), model=str(net)),))

    settings = Settings(mode="paper", steps=STEPS)
    return (
        Way("without", settings, by(untrained)),
        Way("with", settings, by(source)),
        Way("plain", settings, by(source), plain=True),
    )


def _map(out: Path, case: Case) -> Path:
    """Where a case's map of depth is."""
    return out / f"{case.seed}-depth.png"


def write_maps(out: Path, shown: Iterable[tuple[Case, Tableau]]) -> list[Case]:
    """Draw the maps of depth of cases; returns these."""
    drawn = list(shown)
    for case, tableau in drawn:
        write_atomic(_map(out, case), png_bytes(depth(tableau)))
    return [case for case, _ in drawn]


def draw(out: Path, ways: Sequence[Way], drawn: Sequence[Case], model: Model) -> None:
    """Draw every case in every way that is not in `out` yet, each case from its own seed."""
    for case in drawn:
        grid = rasterise(layout_of(case.plan))
        for way in ways:
            path = out / f"{case.seed}-{way.name}.png"
            if path.exists():
                continue
            recipe, extras = way.settings.over(model.card.recipe), way.extras(case)
            made = render(grid, model, recipe, case.seed, extras=extras, plain=way.plain)
            record = picture_record(case.plan, recipe, case.seed, model.card.name, extras)
            write_atomic(path, png_bytes(made.image, record))


@dataclass(frozen=True)
class Shot:
    """A picture of a case, and what the world's detector sees in it."""

    case: Case
    image: Image.Image
    seen: tuple[Detection, ...]

    def outline(self, thing: int) -> float | None:
        """The share of the thing's interior that shows what is behind it; None where that can't be told."""
        full = filled(self.image, self.case.things[thing])
        return None if full is None else 1 - full

    def right(self, thing: int) -> float:
        """Whether the thing is found in its colour, where the words put it."""
        verdict = judge(self.case.facts, self.seen, self.image.width)
        return float(verdict.things_right(self.case.facts)[thing])

    def fits(self, thing: int) -> float:
        """Whether it is found in its colour, as large and where the map has it: an IoU of a half or more."""
        own = self.case.things[thing]
        found = [d for d in self.seen if (d.kind, d.colour) == (own.kind, own.colour)]
        return float(any(_iou(d.box, own.box) >= 0.5 for d in found))


def shots(out: Path, drawn: Sequence[Case], way: str) -> tuple[Shot, ...]:
    """The pictures of a way that was drawn."""
    images = [(case, picture(out, case, way)) for case in drawn]
    return tuple(Shot(case, image, tuple(detect(image))) for case, image in images)


def picture(out: Path, case: Case, way: str) -> Image.Image:
    """The picture of a case in a way that was drawn."""
    with Image.open(out / f"{case.seed}-{way}.png") as image:
        return image.convert("RGB")


def _iou(a: Edges, b: Edges) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    areas = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b))
    return both / (areas - both)


def lora_table(out: Path, drawn: Sequence[Case], ways: Sequence[Way]) -> str:
    """By way and β, as Markdown: how outlined the LoRA's thing and the other are, and which are right."""
    lines = ["| | outlined: its thing | the other | right: its thing | the other |", "|---|---|---|---|---|"]
    for way in ways:
        taken = shots(out, drawn, way.name)
        cells = [_told(Shot.outline, taken, [thing]) for thing in (0, 1)]
        cells += [_told(Shot.right, taken, [thing]) for thing in (0, 1)]
        lines.append(f"| {way.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def control_table(out: Path, drawn: Sequence[Case], ways: Sequence[Way]) -> str:
    """By way, as Markdown: things right, and things that stand as the map has them."""
    lines = ["| | things right | things as on the map |", "|---|---|---|"]
    for way in ways:
        taken = shots(out, drawn, way.name)
        cells = [_told(measure, taken, (0, 1)) for measure in (Shot.right, Shot.fits)]
        lines.append(f"| {way.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _told(measure: Callable[[Shot, int], float | None], taken: Sequence[Shot], things: Sequence[int]) -> str:
    """Mean of what can be told of these things, its interval by prompts, and of how many."""
    told = [(shot.case.seed, measure(shot, thing)) for shot in taken for thing in things]
    found = clustered([(seed, value) for seed, value in told if value is not None])
    if found is None:
        return "–"
    return f"{found['mean']:.0%} ({found['low']:.0%} to {found['high']:.0%}, {found['n']})"


LORA_COLUMNS = (
    ("regions alone", f"without-{SHOWN_RATIO}"),
    ("LoRA everywhere", "everywhere"),
    ("LoRA of one region", f"region-{SHOWN_RATIO}"),
)
CONTROL_COLUMNS = (
    ("regions, without the map", "without"),
    ("regions and the map", "with"),
    ("the map alone", "plain"),
)
Columns = Sequence[tuple[str, str]]


def sheet(out: Path, shown: Sequence[Case], columns: Columns, words: Callable[[Case], str]) -> Image.Image:
    """A row a case: its plan, its map of depth where there is one, and its pictures; `words` beneath."""
    rows = [_row(out, case, columns) for case in shown]
    heads = [*("plan", "map of depth")[: len(rows[0]) - len(columns)], *(head for head, _ in columns)]
    texts = [wrap(words(case), len(rows[0]) * CELL // 6) for case in shown]
    heights = [CELL + GAP + LINE * (len(text) + 1) for text in texts]
    image = Image.new("RGB", (len(heads) * (CELL + GAP) + GAP, sum(heights) + 2 * LINE + GAP), "white")
    pen, top = ImageDraw.Draw(image), 2 * LINE
    for column, head in enumerate(heads):
        pen.text((_left(column) + CELL / 2, LINE), head, "black", ImageFont.load_default(14), anchor="mm")
    for row, text, height in zip(rows, texts, heights, strict=True):
        for column, cell in enumerate(row):
            image.paste(cell.resize((CELL, CELL), Image.Resampling.LANCZOS), (_left(column), top))
        for number, line in enumerate(text):
            place = (GAP, top + CELL + 4 + LINE * number)
            pen.text(place, line, "black", ImageFont.load_default(12))
        top += height
    return image


def _left(column: int) -> int:
    return GAP + column * (CELL + GAP)


def _row(out: Path, case: Case, columns: Columns) -> list[Image.Image]:
    plan = draw_png(layout_of(case.plan))
    maps = [Image.open(path) for path in (_map(out, case),) if path.exists()]
    return [plan, *maps, *(picture(out, case, way) for _, way in columns)]


def lora_words(case: Case) -> str:
    """What stands beneath a row of the LoRA's sheet."""
    return f"{case.facts.text} (LoRA of one region: {case.regions[0]})"


def prompt_of(case: Case) -> str:
    """What stands beneath a row of the ControlNet's sheet."""
    return case.facts.text


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what is not drawn yet, write the sheet and print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.figures.extras", description=__doc__)
    parser.add_argument("what", choices=("lora", "control"))
    parser.add_argument("--out", type=Path, default=Path("runs/extras"), help="where pictures are kept")
    parser.add_argument("--prompts", type=int, default=16)
    parser.add_argument("--rows", type=int, default=3, help="prompts on the sheet, the first ones")
    parser.add_argument("--lora", type=Path, default=SHIPPED, help="its file; one ships")
    parser.add_argument(
        "--controlnet", type=Path, default=Path("runs/control"), help="the ControlNet's folder"
    )
    parser.add_argument("-o", "--output", type=Path, help="the PNG to write")
    given = parser.parse_args(arguments)
    out: Path = given.out / given.what
    out.mkdir(parents=True, exist_ok=True)
    styled = given.what == "lora"
    try:
        model = load_model(model_card("tiny"))
        size, number = model.card.size, given.prompts
        if styled:
            drawn, ways = list(islice(placed(FIRST, size), number)), lora_ways(given.lora)
        else:
            drawn = write_maps(out, islice(mapped(FIRST, size), number))
            ways = control_ways(given.controlnet, out, model)
        draw(out, ways, drawn, model)
    except UserError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2
    columns, words = (LORA_COLUMNS, lora_words) if styled else (CONTROL_COLUMNS, prompt_of)
    target = given.output or Path(__file__).with_name(f"{given.what}.png")
    sheet(out, drawn[: given.rows], columns, words).save(target, optimize=True)
    print((lora_table if styled else control_table)(out, drawn, ways))
    return 0


if __name__ == "__main__":
    sys.exit(main())
