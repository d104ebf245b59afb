"""Regions that draw a thing once more: small models name one thing twice, or under another name."""

from collections.abc import Iterator, Sequence

from planner.llm.pairing import Pair, head, pairs
from planner.scene import Region, Scene
from planner.words import GRAMMAR, fold, folded, mentions, share


def doubles(regions: Sequence[Region], reference: Scene) -> frozenset[int]:
    """The indices of regions that draw again what another one draws already.

    A thing that the prompt names once, in the singular or with a number, is drawn so often and no more. And a
    region whose name is foreign to the prompt, and to its own words too, is what these words say.
    """
    found = [pair for pair in pairs(regions, reference) if pair.region is not None]
    free = [i for i in range(len(regions)) if i not in {pair.region for pair in found}]
    nouns = [head(pair.thing.name) for pair in found]
    strangers = {i for i in free if _speaks_of_others(regions[i], nouns, reference.prompt)}
    surplus = (i for pair in found for i in _surplus(pair, free, regions, reference))
    return frozenset(strangers.union(surplus))


def once(count: int, thing: Region, reference: Scene) -> bool:
    """Whether a count makes several of what the prompt names once, in the singular."""
    return count > 1 == thing.count and _is_numbered(thing, reference)


def _speaks_of_others(region: Region, nouns: Sequence[str], prompt: str) -> bool:
    own = mentions(region.prompt, head(region.name)) or share(region.name, prompt)
    return not own and any(mentions(region.prompt, noun) for noun in nouns)


def _surplus(pair: Pair, free: Sequence[int], regions: Sequence[Region], reference: Scene) -> Iterator[int]:
    """The regions of the thing's name beyond as many as there are of it."""
    if pair.region is None or not _is_numbered(pair.thing, reference):
        return
    left = pair.thing.count - regions[pair.region].count
    for i in free:
        if _noun(regions[i].name) == head(pair.thing.name):
            left -= regions[i].count
            if left < 0:
                yield i


def _noun(name: str) -> str:
    """The noun of a name, be it told where the thing is: "horse left"."""
    words = [word for word in folded(name) if word not in GRAMMAR and not word.isdigit()]
    return words[-1] if words else ""


def _is_numbered(thing: Region, reference: Scene) -> bool:
    """Whether it is said how many there are: not of "trees", nor of one of two cats."""
    noun = head(thing.name)
    alone = sum(head(other.name) == noun for other in reference.regions) == 1
    last = thing.name.casefold().split()[-1]
    return alone and (thing.count > 1 or not (last.endswith("s") and fold(last) != last))
