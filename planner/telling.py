"""The account in few lines: what was asked for, and where it went."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from planner.plans import AskKind, Entry, Fate

MOST_LINES = 24
"""An account of more entries is summed up by kind."""

MOST_MISSING = 12
"""So many of the things not planned are told one by one where the account is summed up."""

_PLURALS: dict[AskKind, str] = {
    "thing": "things",
    "part": "parts",
    "attribute": "attributes",
    "count": "counts",
    "place": "places",
    "relation": "relations",
    "setting": "settings",
    "absent": "absences",
}
_FATES: tuple[Fate, ...] = ("region", "background", "caption", "absent", "not planned")


class Line(NamedTuple):
    """What was asked for and where it went, in words; `missing` where something is not planned."""

    asked: str
    where: str
    missing: bool = False


def lines(account: Sequence[Entry]) -> tuple[Line, ...]:
    """A line an entry, or a line a kind and one for each of the first few that are not planned."""
    if len(account) <= MOST_LINES:
        return tuple(_line(entry) for entry in account)
    missing = [entry for entry in account if entry.where == "not planned"]
    told = tuple(_line(entry) for entry in missing[:MOST_MISSING])
    left = len(missing) - len(told)
    more = (Line(f"{left} more", "not planned, as the plan says", True),) if left else ()
    return (*_sums(account), *told, *more)


def _line(entry: Entry) -> Line:
    of = f" of {entry.of}" if entry.kind in ("attribute", "place", "part") else ""
    return Line(f"{entry.kind} {entry.text}{of}", _where(entry), entry.where == "not planned")


def _where(entry: Entry) -> str:
    if entry.where == "region":
        return f"{'region' if len(entry.regions) == 1 else 'regions'} {', '.join(entry.regions)}"
    return f"not planned, because {entry.because}" if entry.where == "not planned" else entry.where


def _sums(account: Sequence[Entry]) -> Iterator[Line]:
    for kind, plural in _PLURALS.items():
        fates = Counter(entry.where for entry in account if entry.kind == kind)
        if fates:
            told = ", ".join(f"{fates[fate]} {_in(fate)}" for fate in _FATES if fates[fate])
            yield Line(f"{fates.total()} {plural if fates.total() > 1 else kind}", told)


def _in(fate: Fate) -> str:
    return {"region": "in regions", "background": "in the background", "caption": "in the caption"}.get(
        fate, fate
    )
