"""The questions that a plan comes to, one for each atom: a thing, a number, a look, a relation, an absence.

GenEval 2 (Kamath et al., arXiv 2512.16853) asks so of its own prompts. Here the plan says what is asked, in
its own words, so that it holds for any language and whoever planned.
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
    """What the plan calls by one name: a region, or several that are told apart by a number."""

    name: str
    regions: tuple[Region, ...]

    @property
    def number(self) -> int:
        return sum(region.count for region in self.regions)

    @property
    def many(self) -> bool:
        """Whether a question speaks of it in the plural."""
        return self.number > 1 or is_plural(self.name)

    @property
    def words(self) -> str:
        return plural(self.name) if self.number > 1 else self.name

    def all_in(self, names: Iterable[str]) -> bool:
        """Whether each of its regions is among the `names`."""
        return {region.name for region in self.regions} <= set(names)


def atoms(scene: Scene) -> tuple[Question, ...]:
    """A question for each atom of a plan's scene, the same asked once.

    All stand apart, as GenEval 2 has it: none has premises.
    """
    things = _things(scene.regions)
    behind = _in_line(scene.background)
    questions = (
        *(question for thing in things for question in _of_thing(thing)),
        *_relations(scene, things),
        *((_setting(behind),) if behind else ()),
        *(_absent(_bare(name)) for name in scene.absent),
    )
    return tuple(dict.fromkeys(questions))


def _things(regions: Sequence[Region]) -> tuple[_Thing, ...]:
    """The things in the plan's order; a number in a name tells regions apart only where there are others."""
    shared = Counter(unnumbered(region.name) for region in regions)
    grouped: dict[str, list[Region]] = {}
    for region in regions:
        name = unnumbered(region.name)
        grouped.setdefault(name if shared[name] > 1 else region.name, []).append(region)
    return tuple(_Thing(_bare(name), tuple(members)) for name, members in grouped.items())


def _bare(name: str) -> str:
    """A name on one line and without an article, for the questions bring their own."""
    first, _, rest = _in_line(name).partition(" ")
    return rest if rest and first.lower() in ("a", "an", "the") else _in_line(name)


def _in_line(text: str) -> str:
    """A text as it stands within a sentence."""
    return " ".join(text.split()).rstrip(".")


def _of_thing(thing: _Thing) -> Iterator[Question]:
    """That it is there, how many of it there are, and what it looks like."""
    yield Question(prompts.judge_question("thing", _all(thing), thing.words), "thing")
    if thing.number > 1:
        yield Question(prompts.judge_question("count", "many", thing.words), "count", thing.number)
    looks = list(dict.fromkeys(_in_line(region.prompt) for region in thing.regions))
    number = _all(thing) if len(looks) == 1 else "some"
    for look in looks:
        if set(folded(look)) - GRAMMAR - set(folded(thing.name)):
            yield Question(prompts.judge_question("attribute", number, look, thing.words), "attribute")


def _all(thing: _Thing) -> prompts.Number:
    return "many" if thing.many else "one"


def _relations(scene: Scene, things: Sequence[_Thing]) -> Iterator[Question]:
    """How two things stand to each other, once for all of their regions."""
    by_name = {region.name: thing for thing in things for region in thing.regions}
    stated: dict[tuple[_Thing, Predicate, _Thing], list[tuple[str, str]]] = {}
    for relation in scene.relations:
        subject, other = by_name[relation.subject], by_name[relation.object]
        if subject is not other:
            pairs = stated.setdefault((subject, relation.predicate, other), [])
            pairs.append((relation.subject, relation.object))
    for (subject, predicate, other), pairs in stated.items():
        subjects, others = zip(*pairs, strict=True)
        number = _all(subject) if subject.all_in(subjects) else "some"
        to = f"the {other.words}" if other.all_in(others) else f"one of the {other.words}"
        text = prompts.judge_question("relation", number, predicate, subject.words, to)
        yield Question(text, "relation")


def _setting(background: str) -> Question:
    return Question(prompts.judge_question("setting", "one", background), "setting")


def _absent(name: str) -> Question:
    number = "many" if is_plural(name) else "one"
    return Question(prompts.judge_question("thing", number, name), "absent", "no")
