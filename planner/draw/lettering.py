"""Lettering: how wide words are, where lines break, and which face shows which letters.

A letter that no face has keeps its room, so that a browser, which may have it, can show it there.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from planner.draw.fonts import Face, opened, shows

_JOINERS = "\u200c\u200d"
"""They shape Persian, Indic letters and emoji, and do nothing else."""

_HIGHEST = "ÅẾ"

_WIDE, _NARROW = 1.0, 0.6
"""The room of a letter that no face has, by its height."""


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
        fonts = [opened(face, self.size) for face in self.faces]
        # Two accents on a capital are higher than what some fonts give as their ascent.
        return max(max(font.getmetrics()[0], -font.getbbox(_HIGHEST, anchor="ls")[1]) for font in fonts)

    @property
    def descent(self) -> float:
        """Pixels from the base line down to the lowest tail."""
        return max(opened(face, self.size).getmetrics()[1] for face in self.faces)

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """`text` cut where the face changes, and at letters that no face has.

        An accent stays with its letter.
        """
        pieces: list[Piece] = []
        for face, run in groupby(clusters(text), self._face):
            letters = list(run)
            texts = ["".join(letters)] if face else letters
            pieces += (Piece(text, face, _width(text, face, self.size)) for text in texts)
        return tuple(pieces)

    def width(self, text: str) -> float:
        """The width of `text` in one line, in pixels."""
        return sum(piece.width for piece in self.pieces(text))

    def _face(self, cluster: str) -> Face | None:
        return next((face for face in self.faces if all(shows(face, letter) for letter in cluster)), None)


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
    before a sign that closes.
    """
    parts: list[str] = []
    for letter in text:
        last = parts[-1][-1:] if parts else ""
        new = last == " " if letter != " " else False
        if not new and letter != " " and (_is_wide(letter) or _is_wide(last)):
            new = not _closes(letter) and not _opens(last)
        if new or not parts:
            parts.append(letter)
        else:
            parts[-1] += letter
    return tuple(parts)


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


@lru_cache(maxsize=1 << 15)
def _width(letters: str, face: Face | None, size: float) -> float:
    if face is not None:
        return opened(face, size).getlength(letters)
    return size * (_WIDE if _is_wide(letters[0]) else _NARROW)


def _is_wide(letter: str) -> bool:
    return bool(letter) and unicodedata.east_asian_width(letter) in "WF"


def _closes(letter: str) -> bool:
    return unicodedata.category(letter) in ("Pe", "Pf", "Po", "Lm")


def _opens(letter: str) -> bool:
    return unicodedata.category(letter) in ("Ps", "Pi") if letter else True
