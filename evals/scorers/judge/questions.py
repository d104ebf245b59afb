"""Questions about a plan, one for each atom: a thing, a number, an attribute, a relation, an absence.

GenEval 2 (Kamath et al., arXiv 2512.16853) asks about the atoms of its own prompts. Here the atoms are those
of the plan, in its own words, so that there are questions for any language and any planner.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import prompts
from evals.benchmarks.naming import is_plural, plural
from evals.benchmarks.samples import Question
from planner.scene import Predicate, Region, Scene
from planner.words import GRAMMAR, folded, unnumbered


@dataclass(frozen=True)
class _Thing:
    """What the plan calls by one name: a region, or several regions that differ in a number."""

    name: str
    regions: tuple[Region, ...]

    @property
    def count(self) -> int:
        return sum(region.count for region in self.regions)

    @property
    def number(self) -> prompts.Number:
        """Whether a question about all of it is in the singular or the plural."""
        return "many" if self.count > 1 or is_plural(self.name) else "one"

    @property
    def words(self) -> str:
        return plural(self.name) if self.count > 1 else self.name

    def is_within(self, names: Iterable[str]) -> bool:
        """Whether each of its regions is among the `names`."""
        return {region.name for region in self.regions} <= set(names)


def plan_questions(scene: Scene) -> tuple[Question, ...]:
    """A question for each atom of a plan's scene, each once and, as in GenEval 2, without premises."""
    # A number at the end of a name is no part of the thing's name where other regions have the same name.
    shared = Counter(unnumbered(region.name) for region in scene.regions)
    grouped: dict[str, list[Region]] = {}
    for region in scene.regions:
        name = unnumbered(region.name)
        grouped.setdefault(name if shared[name] > 1 else region.name, []).append(region)
    things = [_Thing(_without_article(name), tuple(regions)) for name, regions in grouped.items()]

    questions = [question for thing in things for question in _thing_questions(thing)]
    questions += _relation_questions(scene, things)
    if background := _in_line(scene.background):
        questions.append(Question(prompts.judge_question("setting", "one", background), "setting"))
    for absent in map(_without_article, scene.absent):
        text = prompts.judge_question("thing", "many" if is_plural(absent) else "one", absent)
        questions.append(Question(text, "absent", "no"))
    return tuple(dict.fromkeys(questions))


def _thing_questions(thing: _Thing) -> Iterator[Question]:
    """Whether it is there, how many of it there are, and what it looks like."""
    yield Question(prompts.judge_question("thing", thing.number, thing.words), "thing")
    if thing.count > 1:
        yield Question(prompts.judge_question("count", "many", thing.words), "count", thing.count)
    looks = list(dict.fromkeys(_in_line(region.prompt) for region in thing.regions))
    number = thing.number if len(looks) == 1 else "some"
    for look in looks:
        # A prompt that only repeats the name, as "a cat", is no attribute.
        if set(folded(look)) - GRAMMAR - set(folded(thing.name)):
            yield Question(prompts.judge_question("attribute", number, look, thing.words), "attribute")


def _relation_questions(scene: Scene, things: Sequence[_Thing]) -> Iterator[Question]:
    """One question for all relations of the same predicate between the regions of two things."""
    by_name = {region.name: thing for thing in things for region in thing.regions}
    stated: dict[tuple[_Thing, Predicate, _Thing], list[tuple[str, str]]] = {}
    for relation in scene.relations:
        subject, other = by_name[relation.subject], by_name[relation.object]
        if subject is not other:
            pairs = stated.setdefault((subject, relation.predicate, other), [])
            pairs.append((relation.subject, relation.object))
    for (subject, predicate, other), pairs in stated.items():
        subjects, others = zip(*pairs, strict=True)
        number = subject.number if subject.is_within(subjects) else "some"
        to = f"the {other.words}" if other.is_within(others) else f"one of the {other.words}"
        yield Question(prompts.judge_question("relation", number, predicate, subject.words, to), "relation")


def _without_article(name: str) -> str:
    """A name in one line and without its article: the questions have articles of their own."""
    first, _, rest = _in_line(name).partition(" ")
    return rest if rest and first.lower() in ("a", "an", "the") else _in_line(name)


def _in_line(text: str) -> str:
    """A text in one line and without a full stop, to stand within a sentence."""
    return " ".join(text.split()).rstrip(".")
