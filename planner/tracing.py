"""The account: everything that a prompt asks for, and where in a plan it went.

Whoever planned, a plan is held to what the built-in parser reads in the prompt. A thing is where a region
bears its name, else where a text names it.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, product

from planner.placing.predicates import Stand, holds
from planner.plans import Ask, Entry, Fate, Note, Size
from planner.scene import GRID, Box, Region, Scene
from planner.shapes import given_boxes
from planner.words import fold, folded

_WEIGHT = {"same name": 3.0, "noun in name": 2.0, "noun in prompt": 1.0}
"""How surely a region draws a thing; shared words decide among equals."""

_MIDDLE = (250, 750)
"""Grid units between which what stands in the center or middle has its own middle."""


@dataclass(frozen=True)
class Group:
    """The regions that one thing became, "cat 1" and "cat 2", and the words said of them."""

    name: str
    regions: tuple[Region, ...]

    @cached_property
    def named(self) -> frozenset[str]:
        """The words of the name, folded."""
        return frozenset(folded(self.name))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of name and prompts, folded."""
        return self.named.union(*(folded(region.prompt) for region in self.regions))

    @property
    def names(self) -> tuple[str, ...]:
        """The regions' names."""
        return tuple(region.name for region in self.regions)

    @property
    def number(self) -> int:
        """How many things the regions show."""
        return sum(region.count for region in self.regions)


@dataclass(frozen=True)
class Held:
    """A plan as asks are held to it: its groups of regions, its texts, and who draws which thing."""

    scene: Scene
    boxes: Mapping[str, Box]
    notes: tuple[Note, ...]
    groups: tuple[Group, ...]
    drawn: Mapping[str, Group]
    """The group that draws a thing, by the thing's name, each group for one thing alone."""

    nouns: Mapping[str, frozenset[str]]
    """The words of each thing's noun, by the thing's name."""

    @cached_property
    def texts(self) -> Mapping[Fate, frozenset[str]]:
        """The words of the texts beside the regions, in the order in which they count."""
        return {
            "background": frozenset(folded(self.scene.background)),
            "caption": frozenset(folded(f"{self.scene.caption} {self.scene.style}")),
        }

    def host(self, thing: str) -> Group | None:
        """The group that draws a thing, or at least names it."""
        noun = self.nouns.get(thing, frozenset(folded(thing)))
        return self.drawn.get(thing) or next((g for g in self.groups if noun <= g.words), None)

    def text_with(self, *words: str) -> Fate | None:
        """The background or caption, whichever has all the words."""
        wanted = frozenset(fold(part) for word in words for part in word.split())
        return next((fate for fate, said in self.texts.items() if wanted <= said), None)


def trace(asks: Iterable[Ask], scene: Scene, size: Size, notes: tuple[Note, ...] = ()) -> tuple[Entry, ...]:
    """The account of a scene: an entry an ask, in their order.

    `notes` tell why something is not as it was asked. Relations and places are judged by the boxes, and
    so only in a scene that was arranged on a canvas of `size`.
    """
    wanted = tuple(asks)
    held = _held(wanted, scene, size, notes)
    return tuple(_entry(ask, held) for ask in wanted)


def asked(entry: Entry) -> Ask:
    """What an entry was an answer to."""
    return Ask(**{name: getattr(entry, name) for name in Ask.model_fields})


def _held(asks: tuple[Ask, ...], scene: Scene, size: Size, notes: tuple[Note, ...]) -> Held:
    things = [ask for ask in asks if ask.kind == "thing"]
    said: dict[str, set[str]] = {thing.of: set() for thing in things}
    for ask in asks:
        if ask.kind == "attribute" and ask.of in said:
            said[ask.of].update(map(fold, ask.words))
    groups = _groups(scene.regions)
    nouns = {thing.of: frozenset(map(fold, thing.words)) for thing in things}
    boxes = given_boxes(scene.regions, size)
    return Held(scene, boxes, notes, groups, _cast(things, said, groups), nouns)


def _groups(regions: Sequence[Region]) -> tuple[Group, ...]:
    """Regions of one name but for a number, in the scene's order."""
    ordered = sorted(range(len(regions)), key=lambda i: (unnumbered(regions[i].name), i))
    grouped = groupby(ordered, key=lambda i: unnumbered(regions[i].name))
    groups = sorted((list(members) for _, members in grouped), key=lambda members: members[0])
    return tuple(
        Group(unnumbered(regions[members[0]].name), tuple(regions[i] for i in members)) for members in groups
    )


def unnumbered(name: str) -> str:
    """A region's name without the number that tells it from others of its kind: "cat 2" is a cat."""
    head, _, number = name.rpartition(" ")
    return head if head and number.isdecimal() else name


def _cast(
    things: Sequence[Ask], said: Mapping[str, AbstractSet[str]], groups: Sequence[Group]
) -> dict[str, Group]:
    """Each thing with a group of its own: the likest first, the earlier of equals."""
    nouns = [frozenset(map(fold, thing.words)) for thing in things]
    likeness = {
        (i, j): _likeness(thing, nouns[i], said[thing.of], group)
        for i, thing in enumerate(things)
        for j, group in enumerate(groups)
        if nouns[i] <= group.words or thing.of.casefold() == group.name.casefold()
    }
    found: dict[int, int] = {}
    for i, j in sorted(likeness, key=lambda ij: (-likeness[ij], ij)):
        if i not in found and j not in found.values():
            found[i] = j
    return {things[i].of: groups[j] for i, j in found.items()}


def _likeness(thing: Ask, noun: frozenset[str], said: AbstractSet[str], group: Group) -> float:
    """How surely a group draws a thing that its words name."""
    if thing.of.casefold() == group.name.casefold():
        likeness = _WEIGHT["same name"]
    elif noun <= group.named:
        likeness = _WEIGHT["noun in name"]
    else:
        likeness = _WEIGHT["noun in prompt"]
    return likeness + len(said & group.words) / (len(said) + 1)


def _entry(ask: Ask, held: Held) -> Entry:
    match ask.kind:
        case "thing" | "part":
            return _named(ask, held)
        case "attribute":
            return _attributed(ask, held)
        case "count":
            return _counted(ask, held)
        case "place":
            return _placed(ask, held)
        case "relation":
            return _related(ask, held)
        case "setting":
            return _set(ask, held)
        case "absent":
            return _ruled_out(ask, held)


def _told(ask: Ask, where: Fate, regions: Iterable[str] = (), because: str = "") -> Entry:
    return Entry(**dict(ask), where=where, regions=tuple(regions), because=because)


def _unplanned(ask: Ask, because: str) -> Entry:
    return _told(ask, "not planned", because=because)


def _named(ask: Ask, held: Held) -> Entry:
    host = held.host(ask.of)
    wanted = frozenset(map(fold, ask.words))
    if host is not None and (wanted <= host.words or ask.kind == "thing"):
        return _told(ask, "region", host.names)
    other = next((group for group in held.groups if wanted <= group.words), None)
    if other is not None:
        return _told(ask, "region", other.names)
    return _in_text(ask, held, *ask.words) or _unplanned(ask, _why(ask, held))


def _in_text(ask: Ask, held: Held, *words: str) -> Entry | None:
    fate = held.text_with(*words)
    return _told(ask, fate) if fate is not None else None


def _why(ask: Ask, held: Held) -> str:
    kinds = ("overflow", "lost", "repaired")
    noted = (note.text for note in held.notes if note.name == ask.of and note.kind in kinds)
    return next(noted, "no region, background or caption names it")


def _attributed(ask: Ask, held: Held) -> Entry:
    host = held.host(ask.of)
    if host is not None and frozenset(folded(" ".join(ask.words))) <= host.words:
        return _told(ask, "region", host.names)
    found = _in_text(ask, held, *ask.words, *held.nouns.get(ask.of, ()))
    return found or _unplanned(ask, f"no text of the plan says it of {ask.of}")


def _counted(ask: Ask, held: Held) -> Entry:
    group = held.drawn.get(ask.of)
    if group is not None:
        if group.number == ask.count:
            return _told(ask, "region", group.names)
        return _unplanned(ask, f"the plan has {group.number}")
    found = _in_text(ask, held, ask.text)
    return found or _unplanned(ask, "what is to be counted has no region of its own")


def _placed(ask: Ask, held: Held) -> Entry:
    group = held.drawn.get(ask.of)
    if group is None:
        return _in_text(ask, held, ask.of, ask.text) or _unplanned(ask, f"{ask.of} has no region of its own")
    boxes = [held.boxes[name] for name in group.names if name in held.boxes]
    if boxes and _stands(ask, boxes):
        return _told(ask, "region", group.names)
    return _unplanned(ask, f"{ask.of} stands elsewhere")


def _stands(ask: Ask, boxes: Sequence[Box]) -> bool:
    """Whether boxes lie, all in all, where the prompt says."""
    across = min(box.x0 for box in boxes) + max(box.x1 for box in boxes)
    down = min(box.y0 for box in boxes) + max(box.y1 for box in boxes)
    return _is_at(ask.horizontal, across / 2) and _is_at(ask.vertical, down / 2)


def _is_at(side: str | None, middle: float) -> bool:
    if side in ("left", "top"):
        return middle < GRID / 2
    if side in ("right", "bottom"):
        return middle > GRID / 2
    return side in (None, "full") or _MIDDLE[0] <= middle <= _MIDDLE[1]


def _related(ask: Ask, held: Held) -> Entry:
    subject, other = held.drawn.get(ask.of), held.drawn.get(ask.other or "")
    if subject is None or other is None:
        return _related_in_words(ask, held)
    names = (*subject.names, *other.names)
    if ask.predicate is not None and all(
        holds(ask.predicate, *pair) for pair in _pairs(subject, other, held)
    ):
        return _told(ask, "region", names)
    return _unplanned(ask, _why_denied(ask, subject, other, held))


def _why_denied(ask: Ask, subject: Group, other: Group, held: Held) -> str:
    bonds = {f"{a} {ask.predicate} {b}" for a, b in product(subject.names, other.names)}
    dropped = (note.text for note in held.notes if note.kind == "dropped relation" and note.name in bonds)
    return next(dropped, "the boxes deny it")


def _pairs(subject: Group, other: Group, held: Held) -> list[tuple[Stand, Stand]]:
    stands = {
        region.name: Stand(held.boxes[region.name], region.depth)
        for region in (*subject.regions, *other.regions)
        if region.name in held.boxes
    }
    found = product(subject.names, other.names)
    return [(stands[a], stands[b]) for a, b in found if a in stands and b in stands]


def _related_in_words(ask: Ask, held: Held) -> Entry:
    """Two things, one of which at least has no region of its own: a text may tell of both."""
    noun, other = (held.nouns.get(name, frozenset(folded(name))) for name in (ask.of, ask.other or ""))
    host = next((group for group in held.groups if noun | other <= group.words), None)
    if host is not None:
        return _told(ask, "region", host.names)
    return _in_text(ask, held, *noun, *other) or _unplanned(ask, "one of the two has no region of its own")


def _set(ask: Ask, held: Held) -> Entry:
    found = _in_text(ask, held, *ask.words)
    if found is not None:
        return found
    wanted = frozenset(map(fold, ask.words))
    host = next((group for group in held.groups if wanted <= group.words), None)
    return _told(ask, "region", host.names) if host else _unplanned(ask, _why(ask, held))


def _ruled_out(ask: Ask, held: Held) -> Entry:
    wanted = folded(ask.text)
    listed = any(folded(thing) == wanted for thing in held.scene.absent)
    return _told(ask, "absent") if listed else _unplanned(ask, "absent does not list it")
