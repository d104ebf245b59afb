"""Which of a model's details of a thing to keep: those that nothing in the prompt contradicts."""

import re
from collections.abc import Mapping
from itertools import takewhile

from planner.reader.noun_phrases import NUMBER_WORDS
from planner.reader.reading import is_part
from planner.reader.weights import FOLDER, load_weights
from planner.scene import Region, Scene
from planner.words import GRAMMAR, fold, folded, mentions

MAX_DETAILS = 4
"""Details that one thing gets at most."""

MAX_WORDS = 8
"""Words of one detail: a longer one tells a story of other things."""

_NEGATIONS = """
no not without never none neither nor nothing except excluding exclude minus lacks lacking avoid don't doesn't
isn't aren't free
"""
_EXCLUDED = frozenset(map(fold, _NEGATIONS.split())) | frozenset(map(fold, NUMBER_WORDS))
"""Words that no detail may have: they would change what is in the picture, or how many."""

_LINKS = frozenset(["a", "an", "the", "of", "and", "its", "it", "has", "have", "is", "are"])
"""Words of grammar that a detail may have."""

_PLACING = GRAMMAR - _LINKS
"""The other words of grammar: they say where something is, or relate it to another thing."""

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
"""Families of words: one thing can have only one look of each family."""

_FAMILIES: tuple[Mapping[str, int], ...] = tuple(
    {fold(word): i for i, alike in enumerate(family) for word in alike.split()} for family in _EXCLUSIVE
)
_LOOKS = frozenset().union(*_FAMILIES)


def filter_details(text: str, region: Region, scene: Scene) -> tuple[str, ...]:
    """The details in `text` that suit the region, each once and at most `MAX_DETAILS`."""
    own = set(folded(f"{region.name} {region.prompt}"))
    texts = [f"{other.name} {other.prompt}" for other in scene.regions if other is not region]
    of_others = {word for one in (*texts, scene.background) for word in folded(one)} - GRAMMAR - own
    kept: list[str] = []
    for detail in _split_details(text, region.name):
        known, words = folded(" ".join((region.prompt, *kept))), folded(detail)
        new = [word for word in words if word not in GRAMMAR and word not in known]
        if (
            len(kept) < MAX_DETAILS
            and new
            and len(words) <= MAX_WORDS
            and not any(word in _EXCLUDED or word in of_others or word.isdigit() for word in new)
            and not any(mentions(detail, thing) for thing in scene.absent)
            and not _contradicts(words, known)
            # A possessive is about another thing.
            and not {"'", "’"}.intersection(detail)
            and is_part(region.name, detail, load_weights(FOLDER))
        ):
            kept.append(detail)
    return tuple(kept)


def _split_details(text: str, name: str) -> list[str]:
    """The details between commas or "with", without articles, the thing's own name, and its place:
    "a small wooden clock with a silver dial on top of it" has the details "small wooden" and "silver dial".
    """
    details: list[str] = []
    own = folded(name)
    for piece in re.split(r"[,;.:]|\bwith\b", text):
        words = list(takewhile(lambda word: fold(word) not in _PLACING, piece.split()))
        while words and fold(words[0]) in _LINKS:
            words = words[1:]
        while words and fold(words[-1]) in own:
            words = words[:-1]
        if folded(" ".join(words)):
            details.append(" ".join(words))
    return details


def _contradicts(words: list[str], known: list[str]) -> bool:
    """Whether a detail of the whole thing has another look than is known of it, of the same family.

    A detail that doesn't end in a look is about a part: a red fox can have white paws.
    """
    if words[-1] not in _LOOKS:
        return False
    for family in _FAMILIES:
        looks = {family[word] for word in known if word in family}
        if looks and {family[word] for word in words if word in family} - looks:
            return True
    return False
