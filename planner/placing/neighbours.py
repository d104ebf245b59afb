"""Places by relation: where a thing would stand, seen from the things that it is related to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from planner.placing.rect import CANVAS, GAP, Rect, spread
from planner.scene import Predicate, Relation

INNER = 0.6
"""How large a thing is at most against the thing that it is inside of."""

FILLED = 0.9
"""How much of a width the things of a row take."""

IN_FRONT = 0.75
"""How large a thing is at most against the thing that it is in front of."""

_ROWS: frozenset[Predicate] = frozenset({"on", "under", "inside", "in front of", "behind"})
"""Relations in which several things stand side by side."""

_INVERSE: dict[Predicate, Predicate] = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
    "on": "under",
    "under": "on",
    "in front of": "behind",
    "behind": "in front of",
    "next to": "next to",
}


@dataclass(frozen=True)
class Neighbours:
    """Relations by region: `of_subject[name]` and `of_object[name]` are those that it takes part in,
    `names[name]` are the regions that it is related to. A region without relations is in none of them.
    """

    of_subject: Mapping[str, tuple[Relation, ...]]
    of_object: Mapping[str, tuple[Relation, ...]]
    names: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, relations: tuple[Relation, ...]) -> "Neighbours":
        """Index `relations` by their two regions, in a canonical order."""
        ordered = sorted(set(relations), key=lambda r: (r.subject, r.predicate, r.object))
        names = {name for r in ordered for name in (r.subject, r.object)}
        of_subject = {name: tuple(r for r in ordered if r.subject == name) for name in names}
        of_object = {name: tuple(r for r in ordered if r.object == name) for name in names}
        related = {
            name: frozenset({*(r.object for r in of_subject[name]), *(r.subject for r in of_object[name])})
            for name in names
        }
        return cls(of_subject, of_object, related)


def place_related(
    located: Mapping[str, Rect], wanted: Mapping[str, Rect], neighbours: Neighbours, *, bounded: bool = True
) -> dict[str, Rect]:
    """Locate, one by one, whatever is related to something located; the one with most such ties goes first.

    It goes to the mean of the places that its relations give, on the canvas where `bounded`. The sides come
    from `wanted`. Returns all that is located then.
    """
    found = dict(located)
    while True:
        left = sorted(neighbours.names.keys() & wanted.keys() - found.keys())
        ties = {name: len(neighbours.names[name] & found.keys()) for name in left}
        name = max(ties, key=lambda name: ties[name], default=None)
        if name is None or not ties[name]:
            return found
        want, others = wanted[name], list(found.values())
        places = [
            _place_as_subject(relation, wanted, found, neighbours)
            for relation in neighbours.of_subject[name]
            if relation.object in found
        ]
        for relation in neighbours.of_object[name]:
            if relation.subject not in found:
                continue
            subject = found[relation.subject]
            if relation.predicate == "inside":
                width, height = (
                    max(want.width, subject.width / INNER),
                    max(want.height, subject.height / INNER),
                )
                places.append(Rect(subject.x, subject.y, width, height))
            else:
                places.append(_beside(_INVERSE[relation.predicate], want, subject, others))
        number = len(places)
        mean = Rect(
            sum(r.x for r in places) / number,
            sum(r.y for r in places) / number,
            sum(r.width for r in places) / number,
            sum(r.height for r in places) / number,
        )
        found[name] = mean.on_canvas() if bounded else mean


def _place_as_subject(
    relation: Relation, wanted: Mapping[str, Rect], found: Mapping[str, Rect], neighbours: Neighbours
) -> Rect:
    """The subject's place.

    Things that have one relation to one thing, and none to each other, share its width, in a row by their
    names.
    """
    name, predicate, other = relation.subject, relation.predicate, found[relation.object]
    others = list(found.values())
    alike = [r.subject for r in neighbours.of_object[relation.object] if r.predicate == predicate]
    mates = [mate for mate in alike if mate not in neighbours.names[name]]
    if predicate not in _ROWS or len(mates) == 1:
        return _beside(predicate, wanted[name], other, others)
    widths = [wanted[mate].width for mate in mates]
    room = other.width if predicate == "inside" else max(other.width, sum(widths))
    share = min(1.0, FILLED * room / sum(widths))
    want = Rect(0, 0, wanted[name].width * share, wanted[name].height * share)
    middles = spread([width * share for width in widths], other.x - room / 2, room)
    alone = _beside(predicate, want, other, others)
    return alone.moved(middles[mates.index(name)] - alone.x, 0)


def _beside(predicate: Predicate, want: Rect, other: Rect, others: Iterable[Rect]) -> Rect:
    """`want` where it stands `predicate` `other`."""

    def crowding(rect: Rect) -> float:
        """How much of `rect` is off the canvas or on others."""
        cut = rect.width * rect.height - rect.overlap(CANVAS)
        return round(cut + sum(rect.overlap(other) for other in others), 6)

    w, h = want.width, want.height
    match predicate:
        case "left of":
            return Rect(other.left - GAP - w / 2, other.bottom - h / 2, w, h)
        case "right of":
            return Rect(other.right + GAP + w / 2, other.bottom - h / 2, w, h)
        case "above":
            return Rect(other.x, other.top - GAP - h / 2, w, h)
        case "below":
            return Rect(other.x, other.bottom + GAP + h / 2, w, h)
        case "on":
            return Rect(other.x, other.top - h / 2, w, h)
        case "under":
            return Rect(other.x, other.bottom + h / 2, w, h)
        case "in front of":
            w, h = min(w, IN_FRONT * other.width), min(h, IN_FRONT * other.height)
            return Rect(other.x, other.bottom - h / 4, w, h)
        case "behind":
            return Rect(other.x + w / 4, other.top + h / 4, w, h)
        case "inside":
            return Rect(other.x, other.y, min(w, INNER * other.width), min(h, INNER * other.height))
        case "next to":
            sides = (_beside("right of", want, other, others), _beside("left of", want, other, others))
            return min(sides, key=crowding)
