"""Details that nothing speaks against: others would put another thing, or its looks, into one's place."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import takewhile

from planner.builtin.lexicon import (
    ANIMATE,
    BODY,
    CLOTHES,
    COLOURS,
    GROUPS,
    MEDIA,
    NUMBERS,
    PARTS,
    SIZES,
    SURFACES,
    word_set,
)
from planner.scene import Region, Scene
from planner.words import GRAMMAR, fold, folded, mentions

DENIALS = frozenset(
    map(
        fold,
        word_set("""
            no not without never none neither nor nothing except excluding exclude minus lacks lacking avoid
            don't doesn't isn't aren't free
        """),
    )
)
"""Words that say that something is not there."""

MOST = 4
"""Details that one thing is given at most."""

LONGEST = 8
"""Words of one detail: what is longer tells a story of other things."""

_LINKS = word_set("a an the of and its it has have is are")
"""Words of grammar that a detail may have; any other says where something is, or how it stands to another."""

_PLACING = GRAMMAR - _LINKS

_BEINGS = frozenset(map(fold, ANIMATE))

_OTHERS = frozenset(map(fold, ANIMATE | SURFACES | MEDIA | GROUPS | DENIALS)) | frozenset(NUMBERS)
"""Words of other beings and furniture, of numbers and groups, of pictures and of what is not there."""

_MATERIALS = """
wood wooden | metal metallic steel iron | stone marble granite | brick | concrete | glass | plastic | paper |
leather | clay ceramic porcelain | bronze copper brass | wool woollen woolen | silk | cotton | wicker | straw
"""

_EXCLUSIVE: tuple[tuple[str, ...], ...] = (
    ("grey gray", *sorted(COLOURS - {"grey", "gray"})),
    tuple(_MATERIALS.split("|")),
    tuple(" ".join(word for word, said in SIZES.items() if said == extent) for extent in ("large", "small")),
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
_MADE = frozenset(_FAMILIES[1])

_OF_BEINGS = frozenset(map(fold, BODY | CLOTHES)) - _LOOKS
_OF_OBJECTS = frozenset(map(fold, PARTS)) - _LOOKS
_OF_THINGS = _OF_BEINGS | _OF_OBJECTS
"""Nouns that take an adjective away from the whole: "a red fox, white paws" is red."""


def sound(text: str, region: Region, scene: Scene) -> tuple[str, ...]:
    """The details in `text` that suit the region, each once, a few at most."""
    kept: list[str] = []
    elsewhere = _said_elsewhere(region, scene)
    for detail in _parted(text, set(folded(region.name))):
        said = " ".join((region.prompt, *kept))
        suits = _is_look(detail, region) and _suits(detail, said, elsewhere, scene.absent)
        if suits and len(kept) < MOST:
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


def _is_look(detail: str, region: Region) -> bool:
    """Whether a detail tells of looks: it ends in a part that such a thing has, or in a word of looks."""
    words, being = folded(detail), bool(_BEINGS.intersection(folded(region.name)))
    if "'" in detail or "’" in detail:
        return False
    if being:
        return words[-1] in _LOOKS or (words[-1] in _OF_BEINGS and not _MADE.intersection(words))
    return words[-1] in _LOOKS | _OF_OBJECTS


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
        and not any(word in _OTHERS or word in elsewhere or word.isdigit() for word in fresh)
        and not any(mentions(detail, thing) for thing in absent)
        and not _denies(words, folded(said))
    )


def _denies(words: Sequence[str], said: Sequence[str]) -> bool:
    """Whether a detail of the whole thing is of a family of which the thing is another one already."""
    if any(word in _OF_THINGS and word not in said for word in words):
        return False
    return any(
        {family[w] for w in words if w in family} - {family[w] for w in said if w in family}
        for family in _FAMILIES
        if any(w in family for w in said)
    )
