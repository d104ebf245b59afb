"""Lettering: how wide words are, where lines break, which face shows which letters, and runs set in lines.

A letter that no face has keeps its room, so that a browser, which may have it, can show it there. Pillow
measures and draws text of one font; it knows neither fallback fonts nor runs in colours.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from planner.draw.fonts import Face, open_face, shows
from planner.draw.palette import ABSENT, Colour

LEADING = 1.25
"""From line to line, by the height of letters with accents and tails."""

_JOINERS = "\u200c\u200d"
"""They shape Persian, Indic letters and emoji, and do nothing else."""

_HIGHEST = "ÅẾ"

_WIDE, _NARROW = 1.0, 0.6
"""The room of a letter that no face has, by its height."""

_PAD, _STRIPE_GAP, _STRIPE = 0.06, 1.0, 0.2
"""The colour beyond the words on both sides, and the stripe's lower end below it, by the height of letters;
and pixels between colour and stripe.
"""

_GAP = 0.16
"""Between two runs that no space parts, by the height of letters: colours must not touch."""

Edges = tuple[float, float, float, float]
"""A rectangle in pixels: left, top, right, bottom."""


def printable(text: str) -> str:
    """`text` with every space as " ", accents composed, and no sign that is no text.

    XML forbids control characters, fonts can't show them, and terminals obey them.
    """
    spaced = (" " if letter.isspace() else letter for letter in text)
    kept = (letter for letter in spaced if letter.isprintable() or letter in _JOINERS)
    return unicodedata.normalize("NFC", "".join(kept))


@dataclass(frozen=True)
class Piece:
    """Letters that one face shows, or with None that no face has; `width` in pixels."""

    text: str
    face: Face | None
    width: float


@dataclass(frozen=True)
class Lettering:
    """Faces at a size in pixels."""

    faces: tuple[Face, ...]
    size: float

    @property
    def ascent(self) -> float:
        """Pixels from the base line to the top of the highest accent."""
        fonts = [open_face(face, self.size) for face in self.faces]
        # Two accents on a capital are higher than what some fonts give as their ascent.
        return max(max(font.getmetrics()[0], -font.getbbox(_HIGHEST, anchor="ls")[1]) for font in fonts)

    @property
    def descent(self) -> float:
        """Pixels from the base line down to the lowest tail."""
        return max(open_face(face, self.size).getmetrics()[1] for face in self.faces)

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """`text` cut where the face changes, and at letters that no face has.

        An accent stays with its letter.
        """

        def face_of(cluster: str) -> Face | None:
            return next((face for face in self.faces if all(shows(face, letter) for letter in cluster)), None)

        pieces: list[Piece] = []
        for face, run in groupby(clusters(text), face_of):
            letters = list(run)
            texts = ["".join(letters)] if face else letters
            pieces += (Piece(text, face, _width(text, face, self.size)) for text in texts)
        return tuple(pieces)

    def width(self, text: str) -> float:
        """The width of `text` in one line, in pixels."""
        return sum(piece.width for piece in self.pieces(text))


@lru_cache(maxsize=1 << 15)
def _width(letters: str, face: Face | None, size: float) -> float:
    if face is not None:
        return open_face(face, size).getlength(letters)
    return size * (_WIDE if _is_wide(letters[0]) else _NARROW)


def _is_wide(letter: str) -> bool:
    return bool(letter) and unicodedata.east_asian_width(letter) in "WF"


def clusters(text: str) -> Iterator[str]:
    """The letters of `text`, each with the accents and joiners behind it."""
    cluster = ""
    for letter in text:
        if cluster and not (unicodedata.category(letter).startswith("M") or letter in _JOINERS):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


def breakable(text: str) -> tuple[str, ...]:
    """`text` in parts between which a line may end, each with the space behind it.

    Wide letters, such as Han and kana, stand in a row without spaces: a line may end behind each, except
    before a sign that closes and behind one that opens.
    """
    parts: list[str] = []
    for letter in text:
        last = parts[-1][-1:] if parts else ""
        is_new = last == " " and letter != " "
        if last not in ("", " ") and letter != " " and (_is_wide(letter) or _is_wide(last)):
            closes = unicodedata.category(letter) in ("Pe", "Pf", "Po", "Lm")
            is_new = not closes and unicodedata.category(last) not in ("Ps", "Pi")
        if is_new or not parts:
            parts.append(letter)
        else:
            parts[-1] += letter
    return tuple(parts)


def fitting(part: str, width: float, lettering: Lettering) -> Sequence[str]:
    """The part, cut where it is wider than `width` pixels; one letter is never cut."""
    if lettering.width(part.rstrip()) <= width:
        return (part,)
    pieces, room = [""], width
    for cluster in clusters(part):
        wide = lettering.width(cluster)
        if pieces[-1] and cluster != " " and wide > room:
            pieces.append("")
            room = width
        pieces[-1] += cluster
        room -= wide
    return pieces


def wrapped(text: str, width: float, lettering: Lettering) -> tuple[str, ...]:
    """`text` in lines no wider than `width` pixels; a word that is wider is cut."""
    lines: list[str] = []
    for part in breakable(text):
        for piece in fitting(part, width, lettering):
            if lines and lettering.width((lines[-1] + piece).rstrip()) <= width:
                lines[-1] += piece
            else:
                lines.append(piece)
    return tuple(line.strip() for line in lines)


@dataclass(frozen=True)
class TextStyle:
    """How words are shown: on `fill` or none, with a stripe of each of `further`, struck through or not."""

    fill: Colour | None = None
    further: tuple[Colour, ...] = ()
    struck: bool = False


def style_of(owners: Sequence[str], colours: Mapping[str, Colour]) -> TextStyle:
    """How words of these owners are shown; those of the whole picture, which has no colour, are plain."""
    fills = [colours[owner] for owner in owners if owner in colours]
    return TextStyle(fills[0] if fills else None, tuple(fills[1:]), ABSENT in owners)


@dataclass(frozen=True)
class Run:
    """Words in one line; `x` is their left edge, `y` the base line, in pixels, as is `width`."""

    text: str
    x: float
    y: float
    width: float
    style: TextStyle

    def ground(self, lettering: Lettering) -> Edges:
        """The rectangle of colour that the words stand on."""
        pad = _PAD * lettering.size
        return self.x - pad, self.y - lettering.ascent, self.x + self.width + pad, self.y + lettering.descent

    def stripes(self, lettering: Lettering) -> Iterator[tuple[Edges, Colour]]:
        """Beneath the ground, a part of its width for each further owner, with the owner's colour."""
        left, _, right, bottom = self.ground(lettering)
        wide = (right - left) / max(len(self.style.further), 1)
        for number, fill in enumerate(self.style.further):
            start = left + number * wide
            yield (start, bottom + _STRIPE_GAP, start + wide, bottom + _STRIPE * lettering.size), fill


def set_lines(
    texts: Sequence[tuple[str, TextStyle]], lettering: Lettering, x: float, y: float, width: float
) -> tuple[tuple[Run, ...], float]:
    """Runs in lines that are `width` pixels wide at most, below `y` and right of `x`; and where they end.

    Neighbours of one style are one run. A line break in a text ends the line.
    """
    runs: list[Run] = []
    for line in _lines(texts, lettering, width):
        left = x
        for style, parts in groupby(line, key=lambda part: part[1]):
            text = "".join(part for part, _ in parts)
            bare = text.strip()
            if bare:
                indent = lettering.width(text[: len(text) - len(text.lstrip())])
                base = y + lettering.ascent
                runs.append(Run(bare, left + indent, base, lettering.width(bare), style))
            left += lettering.width(text) + _GAP * lettering.size
        y += LEADING * (lettering.ascent + lettering.descent)
    return tuple(runs), y


def _lines(
    texts: Sequence[tuple[str, TextStyle]], lettering: Lettering, width: float
) -> Iterator[list[tuple[str, TextStyle]]]:
    """Lines of parts. Their widths and the gaps between runs are counted before a part joins a line."""
    parts: list[tuple[str, TextStyle]] = []  # words that a line may end behind, and breaks where one must end
    for text, style in texts:
        for number, row in enumerate(re.split(r"\s*\n\s*", text)):
            parts += [("\n", style)] if number else []
            for part in breakable(re.sub(" +", " ", printable(row))):
                parts += [(piece, style) for piece in fitting(part, width, lettering)]
    line: list[tuple[str, TextStyle]] = []
    room = width
    for part, style in parts:
        wide = lettering.width(part.rstrip())
        gap = _GAP * lettering.size if line and line[-1][1] != style else 0.0
        if part == "\n" or (line and gap + wide > room):
            yield line
            line, room, gap = [], width, 0.0
        if part != "\n" and (line or part.strip()):
            line.append((part, style))
            room -= gap + lettering.width(part)
    if line:
        yield line
