"""DSG-1k (Cho et al., Davidsonian Scene Graph, arXiv 2310.18235): what of its graphs a plan covers, and the
questions that it asks of pictures.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import snowballstemmer

from evals.benchmarks.naming import words_of
from evals.benchmarks.reading import Upstream, table_of, upstream_file
from evals.benchmarks.samples import Benchmark, Planned, Question, Sample, Scores

_TUPLE = re.compile(r"(?P<broad>\w+) - (?P<detailed>.+?) ?\((?P<about>.+)\)$")
_SMALL = frozenset(
    "a an and at by for from her his in its of on or s the their to with".split()  # noqa: SIM905  # it is prose
)
"""Words that say nothing by themselves."""

_KINDS = {"entity": "thing", "attribute": "attribute", "relation": "relation", "global": "setting"}
"""Upstream's broad categories, as questions have them."""


class Row(Upstream):
    """One proposition of a prompt, with its question; `dependency` holds the ids of its parents, or 0."""

    item_id: str
    text: str
    proposition_id: str
    dependency: str
    category_broad: str
    category_detailed: str
    tuple: str
    question_natural_language: str


@dataclass(frozen=True)
class Proposition:
    """An entity, or an attribute with the entity that has it: `about` holds the words of each."""

    broad: str
    about: tuple[frozenset[str], ...]

    @property
    def words(self) -> frozenset[str]:
        """All words that have to stand in one text."""
        return frozenset[str]().union(*self.about)


def _read(path: Path) -> tuple[Sample[tuple[Proposition, ...]], ...]:
    rows = table_of(upstream_file(path, "dsg-1k-anns.csv"), Row, ",")
    groups = ((key, list(group)) for key, group in groupby(rows, key=lambda row: row.item_id))
    return tuple(
        Sample(key, group[0].text, _propositions(group), questions=_questions(group)) for key, group in groups
    )


def _questions(rows: Sequence[Row]) -> tuple[Question, ...]:
    places = {row.proposition_id: place for place, row in enumerate(rows)}
    return tuple(
        Question(row.question_natural_language, _kind(row), premises=_premises(row, places)) for row in rows
    )


def _kind(row: Row) -> str:
    return "count" if row.category_detailed == "count" else _KINDS.get(row.category_broad, "other")


def _premises(row: Row, places: Mapping[str, int]) -> tuple[int, ...]:
    """Where the parents stand. Upstream some are words, or the question itself: those say nothing."""
    parents = [part.strip() for part in row.dependency.split(",")]
    return tuple(places[part] for part in parents if part in places and part != row.proposition_id)


def _propositions(rows: Sequence[Row]) -> tuple[Proposition, ...]:
    matches = (_TUPLE.match(row.tuple) for row in rows if row.category_broad in ("entity", "attribute"))
    return tuple(_proposition(found) for found in matches if found)


def _proposition(found: re.Match[str]) -> Proposition:
    parts = found["about"].split(", ", 1)
    return Proposition(found["broad"], tuple(stems(part) for part in parts))


@cache
def stems(text: str) -> frozenset[str]:
    """The stems of the words of `text` that say something; "square_1" is a square."""
    words = (word for word in words_of(text) if word not in _SMALL)
    return frozenset(_stemmer().stemWord(word) for word in words)


@cache
def _stemmer() -> "snowballstemmer.stemmer":  # pyright: ignore[reportGeneralTypeIssues, reportUnknownParameterType]
    return snowballstemmer.stemmer("english")


def score_dsg(facts: tuple[Proposition, ...], planned: Planned) -> Scores:
    """The shares of entities and of attributes whose words stand together in one text of the plan.

    "coverage" counts regions, the background and the caption; "in regions or background" leaves out the
    caption, which often is the whole prompt.
    """
    scene = planned.scene
    drawn = [stems(f"{region.name} {region.prompt}") for region in scene.regions] + [stems(scene.background)]
    every = [*drawn, stems(f"{scene.caption} {scene.style}")]
    scores: dict[str, float | None] = {}
    for broad in ("entity", "attribute"):
        asked = [proposition for proposition in facts if proposition.broad == broad]
        scores[f"{broad} coverage"] = _share(asked, every)
        scores[f"{broad} in regions or background"] = _share(asked, drawn)
    return scores


def _share(asked: Sequence[Proposition], texts: Sequence[frozenset[str]]) -> float | None:
    if not asked:
        return None
    return sum(any(one.words <= text for text in texts) for one in asked) / len(asked)


DSG = Benchmark("dsg-1k", "entities and attributes that some text of the plan covers", _read, score_dsg)
