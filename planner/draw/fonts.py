"""Fonts: which of the fonts on this machine show the letters of a text.

Pillow's own font has English letters and little else, so the system's fonts are searched for the rest.
A font has a letter if its glyph differs from the one glyph that all missing letters have.
"""

import os
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from planner.bounded import MEGABYTE, UnreadableError, read_file
from planner.errors import UserError

FONT_BYTES = 128 * MEGABYTE
"""The largest font file that a user may give: fonts of Chinese have some 20 MB."""

MAX_FONTS = 800
"""Font files that a search looks at, the plainest first."""

MAX_ENTRIES = 20_000
"""Files and folders that a search walks through."""

_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
_PROBE = 16
"""Pixels at which glyphs are compared."""

_NOWHERE = "\U0010ffff"
"""A character that no font has."""

_PLAIN = (
    "notosans-regular",
    "opensans-regular",
    "arial",
    "segoeui",
    "helvetica",
    "liberationsans-regular",
    "dejavusans",
    "notosanscjk-regular",
)
"""File names of plain fonts without serifs, the best first."""

_ODD = (
    "bold",
    "italic",
    "oblique",
    "black",
    "light",
    "thin",
    "mono",
    "serif",
    "condensed",
    "narrow",
    "symbol",
)
_NO_LETTERS = ("lastresort", "adobeblank", "notdef")
"""Parts of the file names of fonts whose glyphs only stand for letters."""


@dataclass(frozen=True)
class Face:
    """A font file's first face; without a path it is Pillow's own font."""

    path: Path | None = None


@dataclass(frozen=True)
class Fonts:
    """Where fonts are looked for: a file that comes before all others, and folders with all below them."""

    given: Path | None = None
    folders: tuple[Path, ...] = ()


def read_fonts(given: Path | None) -> Fonts:
    """The system's fonts, behind the file `given`. Raises `UserError` with its name where that is no font."""
    if given is None:
        return SYSTEM
    # Where there is no such file, Pillow would look for one of that name elsewhere.
    try:
        read_file(given, FONT_BYTES)
        open_face(Face(given), _PROBE)
    except (UnreadableError, OSError) as error:
        no_font = "it is no TrueType or OpenType font"
        reason = error.reason if isinstance(error, UnreadableError) else no_font
        raise UserError(f"{given}: should be a readable .ttf, .otf or .ttc file ({reason})") from error
    return Fonts(given, SYSTEM.folders)


def system_folders() -> tuple[Path, ...]:
    """Where Linux, macOS and Windows keep fonts, of the system and of the user."""
    home = Path.home()
    windows, local = os.environ.get("WINDIR"), os.environ.get("LOCALAPPDATA")
    return (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
        Path("/System/Library/Fonts"),
        Path("/Library/Fonts"),
        home / "Library/Fonts",
        *((Path(windows, "Fonts"),) if windows else ()),
        *((Path(local, "Microsoft/Windows/Fonts"),) if local else ()),
    )


SYSTEM = Fonts(folders=system_folders())


def faces_for(text: str, fonts: Fonts) -> tuple[Face, ...]:
    """The fewest faces that show the letters of `text`, as far as any does; one face at least.

    A face that shows all letters is preferred to several, and of equals the plainest.
    """
    return _faces_for(frozenset(filter(_is_drawn, text)), fonts)


def unshown(text: str, fonts: Fonts) -> str:
    """The letters of `text` that no font has, each once, in their order."""
    faces = faces_for(text, fonts)
    return "".join(letter for letter in dict.fromkeys(text) if not any(shows(face, letter) for face in faces))


def advice(letters: str) -> str:
    """Which fonts to install for letters that no font has, by the names of Debian and of their makers."""
    packages = list[str]()
    for letter in letters:
        script = unicodedata.name(letter, "").partition(" ")[0]
        if script in {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"}:
            packages.append("fonts-noto-cjk (Debian), Noto Sans CJK")
        elif script in {"LATIN", "GREEK", "CYRILLIC"} or letter < "\u0100" or "\u2000" <= letter < "\u2070":
            packages.append("fonts-dejavu-core (Debian), DejaVu Sans")
        elif unicodedata.category(letter).startswith("S"):
            packages.append("fonts-symbola (Debian), Symbola")
        else:
            packages.append("fonts-noto-core (Debian), Noto Sans")
    return " and ".join(dict.fromkeys(packages))


def shows(face: Face, letter: str) -> bool:
    """Whether the face has a glyph of its own for `letter`, or the letter has no ink."""
    return not _is_drawn(letter) or _has(face, letter)


@lru_cache(maxsize=64)
def open_face(face: Face, size: float) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels. Raises `OSError` where it can't be read or has no such size."""
    if face.path is None:
        own = ImageFont.load_default(size)
        if not isinstance(own, ImageFont.FreeTypeFont):
            raise OSError(None, "Pillow was built without FreeType")
        return own
    return ImageFont.truetype(face.path, size)


def family(face: Face) -> str:
    """The name by which a browser knows the face."""
    return open_face(face, _PROBE).getname()[0] or "sans-serif"


@lru_cache(maxsize=64)
def _faces_for(letters: frozenset[str], fonts: Fonts) -> tuple[Face, ...]:
    """The given font first, even for few letters; then whichever shows most of what is left."""
    own = [Face(fonts.given)] if fonts.given else []
    chosen = [face for face in own if any(_has(face, letter) for letter in letters)]
    left = {letter for letter in letters if not any(_has(face, letter) for face in chosen)}
    while left:
        best, most = Face(), 0
        for face in (Face(), *_searched(fonts.folders)):
            number = sum(_has(face, letter) for letter in left)
            if number > most:
                best, most = face, number
            if most == len(left):
                break
        if not most:
            break
        chosen.append(best)
        left = {letter for letter in left if not _has(best, letter)}
    return tuple(chosen) or (Face(),)


@lru_cache(maxsize=16)
def _searched(folders: tuple[Path, ...]) -> tuple[Face, ...]:
    """The font files below the folders, the plainest first: known plain ones, then regular sans ones."""
    found, seen = set[Path](), 0
    for folder in folders:
        for root, inner, names in os.walk(folder):
            inner.sort()
            seen += 1 + len(names)
            if seen > MAX_ENTRIES:
                break
            for name in names:
                low = name.lower()
                if low.endswith(_ENDINGS) and not any(part in low for part in _NO_LETTERS):
                    found.add(Path(root, name))

    def oddness(path: Path) -> tuple[int, int, str, str]:
        stem = path.stem.lower()
        known = _PLAIN.index(stem) if stem in _PLAIN else len(_PLAIN)
        odd = sum(part in stem.replace("sans-serif", "") for part in _ODD)
        return known, odd + ("sans" not in stem), stem, str(path)

    return tuple(Face(path) for path in sorted(found, key=oddness)[:MAX_FONTS])


@lru_cache(maxsize=1 << 16)
def _has(face: Face, letter: str) -> bool:
    """Whether the glyph is other than that of missing letters, and has ink. Bitmap fonts can't be opened."""
    try:
        glyph, missing = _glyph(face, letter), _glyph(face, _NOWHERE)
    except (OSError, ValueError):
        return False
    return any(glyph) and glyph != missing


def _glyph(face: Face, letter: str) -> bytes:
    image = Image.new("L", (3 * _PROBE, 3 * _PROBE))
    ImageDraw.Draw(image).text((_PROBE, 2 * _PROBE), letter, 255, _unshaped(face), anchor="ls")
    return image.tobytes()


@lru_cache(maxsize=64)
def _unshaped(face: Face) -> ImageFont.FreeTypeFont:
    """The face without text shaping, which would set a lone accent on a dotted circle."""
    return open_face(face, _PROBE).font_variant(layout_engine=ImageFont.Layout.BASIC)


def _is_drawn(letter: str) -> bool:
    """Whether a letter has ink: space, joiners and variation selectors have none."""
    return letter.isprintable() and not letter.isspace() and not "\ufe00" <= letter <= "\ufe0f"
