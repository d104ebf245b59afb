"""Tables of the models that draw, for the command and the documents."""

from collections.abc import Iterator, Sequence

from renderer.cards import model_card
from renderer.catalog import KNOWN, KnownModel
from renderer.pipelines import IMG2IMG, INPAINT, PIPELINES

HEADS = ("name", "parameters", "weights, GB", "steps", "CFG", "licence", "shown here")

TINY = (
    "tiny",
    "7.4 M + 1.4 M text",
    "0.02",
    "floors of pictures, measured by its own detector",
)


def table() -> Iterator[Sequence[str]]:
    """A line of cells for each model, the heads first.

    Weights are in bfloat16: of all parts at once, and of the largest one where parts take turns on a GPU.
    """
    yield HEADS
    recipe = model_card("tiny").recipe
    name, parameters, weights, shown = TINY
    yield name, parameters, weights, str(recipe.steps), f"{recipe.true_cfg_scale:g}", "Apache-2.0", shown
    yield from map(_line, KNOWN)


def listed() -> Iterator[str]:
    """The table as lines of text, in columns."""
    lines = list(table())
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _line(model: KnownModel) -> Sequence[str]:
    whole, largest = model.gigabytes
    transformer, encoders = model.billions
    scale = model.recipe.true_cfg_scale
    return (
        model.name,
        f"{transformer:g} B + {encoders:g} B text",
        f"{whole:.0f}, in turns {largest:.0f}",
        str(model.recipe.steps),
        f"{scale:g}" if scale > 1 else "none",
        model.licence,
        model.tested,
    )


def matrix() -> Iterator[str]:
    """What each pipeline takes besides regions and LoRAs of regions, as a table of Markdown."""
    yield "| pipeline | regions | LoRA of a region | negatives | img2img | inpainting | references |"
    yield "|---|---|---|---|---|---|---|"
    for kind in PIPELINES.values():
        there = (
            True,
            True,
            kind.true_cfg,
            IMG2IMG in kind.variants,
            INPAINT in kind.variants,
            kind.references,
        )
        cells = " | ".join("yes" if cell else "–" for cell in there)
        yield f"| `{kind.name}` ({kind.family}) | {cells} |"
