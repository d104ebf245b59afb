"""DSG-1k (Cho et al., Davidsonian Scene Graph, arXiv 2310.18235): the part of its scene graphs that a plan
covers, and the questions that it asks about pictures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import snowballstemmer

from evals.benchmarks.naming import words_of
from evals.benchmarks.samples import Benchmark, Planned, Question, Sample, Scores
from evals.benchmarks.upstream import UpstreamRecord, find_file, read_table

_TUPLE = re.compile(r"(?P<broad>\w+) - (?P<detailed>.+?) ?\((?P<about>.+)\)$")
_STOP_WORDS = frozenset(
    "a an and at by for from her his in its of on or s the their to with".split()  # noqa: SIM905  # it is prose
)
_KINDS = {"entity": "thing", "attribute": "attribute", "relation": "relation", "global": "setting"}
"""The kind of a question, by upstream's broad category."""

_STEMMER = snowballstemmer.stemmer("english")  # pyright: ignore[reportUnknownVariableType]


class Row(UpstreamRecord):
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
    """An entity, or an attribute with the entity that has it: `about` holds the stems of each."""

    broad: str
    about: tuple[frozenset[str], ...]

    @property
    def words(self) -> frozenset[str]:
        """The stems that one text has to have together."""
        return frozenset[str]().union(*self.about)


def _read(path: Path) -> tuple[Sample[tuple[Proposition, ...]], ...]:
    rows = read_table(find_file(path, "dsg-1k-anns.csv"), Row, ",")
    samples = list[Sample[tuple[Proposition, ...]]]()
    for item_id, group in groupby(rows, key=lambda row: row.item_id):
        of_prompt = list(group)
        tuples = (row.tuple for row in of_prompt if row.category_broad in ("entity", "attribute"))
        propositions = tuple(
            Proposition(found["broad"], tuple(stems(part) for part in found["about"].split(", ", 1)))
            for found in map(_TUPLE.match, tuples)
            if found
        )
        samples.append(Sample(item_id, of_prompt[0].text, propositions, questions=_questions(of_prompt)))
    return tuple(samples)


def _questions(rows: Sequence[Row]) -> tuple[Question, ...]:
    """The questions of one prompt, with upstream's parents as premises."""
    indices = {row.proposition_id: index for index, row in enumerate(rows)}
    questions = list[Question]()
    for row in rows:
        kind = "count" if row.category_detailed == "count" else _KINDS.get(row.category_broad, "other")
        parents = [part.strip() for part in row.dependency.split(",")]
        # Some of upstream's parents are words, or the question itself: they are no premises.
        premises = tuple(indices[part] for part in parents if part in indices and part != row.proposition_id)
        questions.append(Question(row.question_natural_language, kind, premises=premises))
    return tuple(questions)


@cache
def stems(text: str) -> frozenset[str]:
    """The stems of the words of `text` that are no stop words; "square_1" is two words."""
    return frozenset(_STEMMER.stemWord(word) for word in words_of(text) if word not in _STOP_WORDS)


def score_dsg(facts: tuple[Proposition, ...], planned: Planned) -> Scores:
    """The shares of entities and of attributes whose words are together in one text of the plan.

    "coverage" counts the texts of regions, background and caption. "in regions or background" leaves out the
    caption, which often is the whole prompt.
    """
    scene = planned.scene
    drawn = [stems(f"{region.name} {region.prompt}") for region in scene.regions] + [stems(scene.background)]
    every = [*drawn, stems(f"{scene.caption} {scene.style}")]
    scores: dict[str, float | None] = {}
    for broad in ("entity", "attribute"):
        asked = [proposition.words for proposition in facts if proposition.broad == broad]
        for name, texts in (("coverage", every), ("in regions or background", drawn)):
            covered = sum(any(words <= text for text in texts) for words in asked)
            scores[f"{broad} {name}"] = covered / len(asked) if asked else None
    return scores


DSG = Benchmark("dsg-1k", "entities and attributes that some text of the plan covers", _read, score_dsg)
