"""What a relation demands of the edges and depths of two regions: terms that imply `predicates.holds`."""

from planner.placing.predicates import NEAR, SLACK
from planner.placing.system import DEPTH, Term, X, Y, depth, end, start
from planner.scene import Predicate

Terms = tuple[Term, ...]
Tier = list[Terms]

STRENGTH: dict[Predicate, int] = {
    "inside": 0,
    "on": 1,
    "under": 1,
    "left of": 2,
    "right of": 2,
    "above": 2,
    "below": 2,
    "in front of": 3,
    "behind": 3,
    "next to": 4,
}
"""Lower is stronger: of relations that contradict each other, the weaker is dropped."""


def demands(predicate: Predicate, subject: int, other: int, margin: int) -> list[Tier]:
    """Ways to make the relation hold, in tiers, the best first; those of one tier are equally good.

    Every way implies `holds`, and the last tier is no stronger than it: so whatever shapes are given, a
    relation that they fulfil fits. `margin` (grid units) is what should stay visible of what is partly
    hidden.
    """
    match predicate:
        case "left of":
            return [[apart(X, subject, other)]]
        case "right of":
            return [[apart(X, other, subject)]]
        case "above":
            return [[apart(Y, subject, other)]]
        case "below":
            return [[apart(Y, other, subject)]]
        case "on":
            return [
                *_touching(subject, other, _columns(subject, other)),
                [_resting(subject, other)],
                [_hovering(subject, other)],
            ]
        case "under":
            return [*_touching(other, subject, _columns(subject, other)), [_sheltered(subject, other)]]
        case "in front of":
            return _in_front(subject, other, margin)
        case "behind":
            return _in_front(other, subject, margin)
        case "inside":
            return [[_inside(subject, other, margin // 2)], [_inside(subject, other, 0)]]
        case "next to":
            return [[_beside(subject, other), _beside(other, subject)]]


def apart(axis: int, first: int, second: int) -> Terms:
    """`first` ends where `second` starts, or before."""
    return (Term(axis, end(first), start(second), 0),)


def nearer(subject: int, other: int) -> Terms:
    """`subject` is nearer to the viewer."""
    return (Term(DEPTH, depth(subject), depth(other), -1),)


def _within(axis: int, subject: int, other: int, margin: int = 0) -> Terms:
    return (
        Term(axis, start(other), start(subject), -margin),
        Term(axis, end(subject), end(other), -margin),
    )


def _meeting(axis: int, one: int, other: int) -> Terms:
    return Term(axis, start(one), end(other), -1), Term(axis, start(other), end(one), -1)


def _columns(subject: int, other: int) -> list[Terms]:
    """Ways to stand over or under the other, best first: several fit in the width of one, so that is best."""
    return [_within(X, subject, other), _within(X, other, subject), _meeting(X, subject, other)]


def _touching(upper: int, lower: int, columns: list[Terms]) -> list[Tier]:
    touch = (Term(Y, end(upper), start(lower), 0), Term(Y, start(lower), end(upper), 0))
    return [[(*touch, *terms)] for terms in columns]


def _resting(subject: int, other: int) -> Terms:
    """Seen from above: the subject's foot is somewhere on the other."""
    foot = (Term(Y, end(subject), end(other), 0), Term(Y, start(other), end(subject), 0))
    return (*foot, *_meeting(X, subject, other), *nearer(subject, other))


def _hovering(subject: int, other: int) -> Terms:
    """The subject's foot is on the other, more or less."""
    foot = (Term(Y, end(subject), end(other), 0), Term(Y, start(other), end(subject), SLACK))
    return (*foot, *_meeting(X, subject, other))


def _sheltered(subject: int, other: int) -> Terms:
    """The subject looks out below the other."""
    low = (Term(Y, end(other), end(subject), 0), Term(Y, start(other), start(subject), -1))
    return (*low, *_meeting(X, subject, other))


def _in_front(front: int, back: int, margin: int) -> list[Tier]:
    """The one in front is lower, and the other shows over its top; preferably the two overlap.

    Else it reaches as far down, beside the other.
    """

    def lower(shown: int) -> Terms:
        edges = (Term(Y, end(back), end(front), 0), Term(Y, start(back), start(front), -shown))
        return (*edges, *_meeting(X, front, back), *nearer(front, back))

    overlap = Term(Y, start(front), end(back), -1)
    beside = (Term(Y, end(back), end(front), 0), *nearer(front, back))
    return [[(*lower(margin), overlap)], [(*lower(1), overlap)], [lower(1)], [beside]]


def _inside(subject: int, other: int, margin: int) -> Terms:
    return (
        *_within(X, subject, other, margin),
        *_within(Y, subject, other, margin),
        *nearer(subject, other),
    )


def _beside(first: int, second: int) -> Terms:
    """`first` is close to the left of `second`."""
    close = Term(X, start(second), end(first), NEAR)
    return (*apart(X, first, second), close, *_meeting(Y, first, second))
