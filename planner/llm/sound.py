"""Details that nothing speaks against: others would put another thing, or its looks, into one's place."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import takewhile

from planner.reader.numbers import NUMBER_WORDS
from planner.reader.reading import is_part
from planner.reader.weights import FOLDER, load_weights
from planner.scene import Region, Scene
from planner.words import GRAMMAR, fold, folded, mentions

_DENIALS = """
no not without never none neither nor nothing except excluding exclude minus lacks lacking avoid don't doesn't
isn't aren't free
"""
_DENIED = frozenset(map(fold, _DENIALS.split()))
"""Words that say that something is not there."""

MOST = 4
"""Details that one thing is given at most."""

LONGEST = 8
"""Words of one detail: what is longer tells a story of other things."""

_LINKS = frozenset(["a", "an", "the", "of", "and", "its", "it", "has", "have", "is", "are"])
"""Words of grammar that a detail may have; any other says where something is, or how it stands to another."""

_PLACING = GRAMMAR - _LINKS

_NEVER = _DENIED | frozenset(map(fold, NUMBER_WORDS))

_MATERIALS = """
wood wooden | metal metallic steel iron | stone marble granite | brick | concrete | glass | plastic | paper |
leather | clay ceramic porcelain | bronze copper brass | wool woollen woolen | silk | cotton | wicker | straw
"""
_COLOURS = """
red crimson scarlet maroon | orange | yellow | green | blue navy azure | purple violet | pink | brown tan |
black | white ivory | grey gray | turquoise teal cyan | beige | golden gold amber | silver | magenta |
lavender | indigo
"""

_EXCLUSIVE: tuple[tuple[str, ...], ...] = (
    tuple(_COLOURS.split("|")),
    tuple(_MATERIALS.split("|")),
    ("large huge big giant gigantic enormous massive", "small tiny little miniature"),
    ("old ancient aged antique elderly worn weathered", "new young modern youthful"),
    ("tall high", "short low"),
    ("long", "short"),
    ("open opened", "closed shut"),
    ("wet soaked damp", "dry dusty"),
    ("empty", "full filled"),
    ("dark dim", "bright light pale"),
    ("smooth", "rough coarse bumpy"),
    ("round circular", "square rectangular triangular"),
    ("straight", "curved bent crooked wavy curly"),
    ("thick", "thin"),
    ("wide broad", "narrow"),
    ("clean", "dirty muddy grimy"),
    ("shiny glossy polished", "matte dull"),
    ("asleep sleeping", "awake"),
    ("sitting seated", "standing", "lying", "running", "walking", "flying"),
    ("happy smiling cheerful", "sad crying angry"),
)
"""Families of words of which one thing can be but one."""

_FAMILIES: tuple[Mapping[str, int], ...] = tuple(
    {fold(word): i for i, alike in enumerate(family) for word in alike.split()} for family in _EXCLUSIVE
)
_LOOKS = frozenset().union(*_FAMILIES)


def sound(text: str, region: Region, scene: Scene) -> tuple[str, ...]:
    """The details in `text` that suit the region, each once, a few at most."""
    kept: list[str] = []
    elsewhere = _said_elsewhere(region, scene)
    for detail in _parted(text, set(folded(region.name))):
        said = " ".join((region.prompt, *kept))
        if len(kept) < MOST and _suits(detail, said, elsewhere, scene.absent) and _is_of(detail, region):
            kept.append(detail)
    return tuple(kept)


def _parted(text: str, own: Container[str]) -> Iterator[str]:
    """The details between commas or "with", without articles, the thing's `own` name, and where it all is:
    "a small wooden clock with a silver dial on top of it" is small, wooden, and has a silver dial.
    """
    for piece in re.split(r"[,;.:]|\bwith\b", text):
        words = list(takewhile(lambda word: fold(word) not in _PLACING, piece.split()))
        while words and fold(words[0]) in _LINKS:
            words = words[1:]
        while words and fold(words[-1]) in own:
            words = words[:-1]
        if folded(" ".join(words)):
            yield " ".join(words)


def _is_of(detail: str, region: Region) -> bool:
    """Whether the detail says something of this thing, and names no other."""
    return "'" not in detail and "’" not in detail and is_part(region.name, detail, load_weights(FOLDER))


def _said_elsewhere(region: Region, scene: Scene) -> frozenset[str]:
    """The words of other regions and of the background that this region is without."""
    texts = [f"{other.name} {other.prompt}" for other in scene.regions if other is not region]
    words = {word for text in (*texts, scene.background) for word in folded(text)}
    return frozenset(words) - GRAMMAR - set(folded(f"{region.name} {region.prompt}"))


def _suits(detail: str, said: str, elsewhere: frozenset[str], absent: Sequence[str]) -> bool:
    words = folded(detail)
    fresh = [word for word in words if word not in GRAMMAR and word not in set(folded(said))]
    return (
        bool(fresh)
        and len(words) <= LONGEST
        and not any(word in _NEVER or word in elsewhere or word.isdigit() for word in fresh)
        and not any(mentions(detail, thing) for thing in absent)
        and not _denies(words, folded(said))
    )


def _denies(words: Sequence[str], said: Sequence[str]) -> bool:
    """Whether a detail of the whole thing is of a family of which the thing is another one already.

    One that ends in no word of looks is of a part: "a red fox, white paws" is red.
    """
    if words[-1] not in _LOOKS:
        return False
    return any(
        {family[w] for w in words if w in family} - {family[w] for w in said if w in family}
        for family in _FAMILIES
        if any(w in family for w in said)
    )
