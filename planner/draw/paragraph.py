"""The prompt beneath the layout: words in lines, each run of them on its owner's colour."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from planner.draw.labels import Edges
from planner.draw.lettering import Lettering, breakable, fitting, printable
from planner.draw.palette import ABSENT, Colour

LEADING = 1.25
"""From line to line, by the height of letters with accents and tails."""

_PAD, _STRIPE_GAP, _STRIPE = 0.06, 1.0, 0.2
"""The colour beyond the words on both sides, and the stripe's lower end below it, by the height of letters;
and pixels between colour and stripe.
"""

_GAP = 0.16
"""Between two runs that no space parts, by the height of letters: colours must not touch."""


@dataclass(frozen=True)
class Inked:
    """How words are shown: on `fill` or none, with a stripe of each of `further`, struck through or not."""

    fill: Colour | None = None
    further: tuple[Colour, ...] = ()
    struck: bool = False


@dataclass(frozen=True)
class Run:
    """Words in one line; `x` is their left edge, `y` the base line, in pixels, as is `width`."""

    text: str
    x: float
    y: float
    width: float
    inked: Inked

    def ground(self, lettering: Lettering) -> Edges:
        """The rectangle of colour that the words stand on: left, top, right, bottom."""
        pad = _PAD * lettering.size
        return self.x - pad, self.y - lettering.ascent, self.x + self.width + pad, self.y + lettering.descent

    def stripes(self, lettering: Lettering) -> Iterator[tuple[Edges, Colour]]:
        """Beneath the ground, a part of its width for each further owner, with the owner's colour."""
        left, _, right, bottom = self.ground(lettering)
        wide = (right - left) / max(len(self.inked.further), 1)
        for number, fill in enumerate(self.inked.further):
            start = left + number * wide
            yield (start, bottom + _STRIPE_GAP, start + wide, bottom + _STRIPE * lettering.size), fill


def inked(owners: Sequence[str], colours: Mapping[str, Colour]) -> Inked:
    """How words of these owners are shown; those of the whole picture, which has no colour, are plain."""
    fills = [colours[owner] for owner in owners if owner in colours]
    return Inked(fills[0] if fills else None, tuple(fills[1:]), ABSENT in owners)


def set_lines(
    texts: Sequence[tuple[str, Inked]], lettering: Lettering, x: float, y: float, width: float
) -> tuple[tuple[Run, ...], float]:
    """Runs in lines that are `width` pixels wide at most, below `y` and right of `x`; and where they end.

    A line break in a text ends the line.
    """
    step = LEADING * (lettering.ascent + lettering.descent)
    runs: list[Run] = []
    top = y
    for line in _lines(texts, lettering, width):
        runs += _runs(line, lettering, x, top + lettering.ascent)
        top += step
    return tuple(runs), top


Part = tuple[str, Inked]


def _lines(texts: Sequence[Part], lettering: Lettering, width: float) -> Iterator[list[Part]]:
    """Lines of parts. Their widths and the gaps between runs are counted before a part joins a line."""
    line: list[Part] = []
    room = width
    for part, how in _parts(texts, lettering, width):
        wide = lettering.width(part.rstrip())
        gap = _GAP * lettering.size if line and line[-1][1] != how else 0.0
        if part == "\n" or (line and gap + wide > room):
            yield line
            line, room, gap = [], width, 0.0
        if part != "\n" and (line or part.strip()):
            line.append((part, how))
            room -= gap + lettering.width(part)
    if line:
        yield line


def _parts(texts: Sequence[Part], lettering: Lettering, width: float) -> Iterator[Part]:
    """Words that a line may end behind, and a line break where one must end."""
    for text, how in texts:
        for number, row in enumerate(re.split(r"\s*\n\s*", text)):
            if number:
                yield "\n", how
            for part in breakable(re.sub(" +", " ", printable(row))):
                yield from ((piece, how) for piece in fitting(part, width, lettering))


def _runs(line: Sequence[Part], lettering: Lettering, x: float, y: float) -> Iterator[Run]:
    """A run for all neighbours that are shown alike."""
    start = 0
    for end in range(1, len(line) + 1):
        how = line[start][1]
        if end < len(line) and line[end][1] == how:
            continue
        text = "".join(part for part, _ in line[start:end])
        bare = text.strip()
        indent = lettering.width(text[: len(text) - len(text.lstrip())])
        if bare:
            yield Run(bare, x + indent, y, lettering.width(bare), how)
        x += lettering.width(text) + _GAP * lettering.size
        start = end
