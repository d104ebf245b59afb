"""Relations made sound: between two regions that are there, and denied by no box."""

from typing import cast

from planner.llm.boxes import boxes_deny, depths_deny, extent
from planner.llm.mend_regions import Notes
from planner.llm.reply import PREDICATES, ReplyRelation
from planner.plans import Note
from planner.scene import Box, Predicate, Region, Relation
from planner.words import key


def mend_relations(
    relations: tuple[ReplyRelation, ...], regions: tuple[Region, ...]
) -> tuple[tuple[Relation, ...], Notes]:
    """The relations that hold two regions together, each once, and a note for each that is dropped."""
    names = {key(region.name): region.name for region in regions}
    kept: dict[Relation, None] = {}
    notes: Notes = ()
    for relation in relations:
        reason = _unsound(relation, names)
        if reason is None:
            kept[_relation(relation, names)] = None
        else:
            line = f"{relation.subject} {relation.predicate} {relation.object}"
            notes = (*notes, Note(kind="dropped relation", name=line, text=f"{line!r} is dropped: {reason}"))
    return tuple(kept), tuple(dict.fromkeys(notes))


def free_denied(
    regions: tuple[Region, ...], relations: tuple[Relation, ...]
) -> tuple[tuple[Region, ...], Notes]:
    """Regions with the boxes taken back that a relation denies: words are surer than a model's numbers.

    A region without its box keeps its size in words and is placed by geometry, so that the relation holds.
    """
    by_name = {region.name: region for region in regions}
    notes: Notes = ()
    for relation in relations:
        subject, object_ = by_name[relation.subject], by_name[relation.object]
        if boxes_deny(relation.predicate, subject.where, object_.where):
            by_name[subject.name] = _freed(subject)
            text = f"its box denied that it is {relation.predicate} {object_.name!r}; it is placed anew"
            notes = (*notes, Note(kind="repaired", name=subject.name, text=text))
        elif depths_deny(relation.predicate, subject.depth, object_.depth):
            by_name[subject.name] = subject.model_copy(update={"depth": object_.depth})
            by_name[object_.name] = object_.model_copy(update={"depth": subject.depth})
            text = (
                f"its depth denied that it is {relation.predicate} {object_.name!r}; the two changed depths"
            )
            notes = (*notes, Note(kind="repaired", name=subject.name, text=text))
    return tuple(by_name[region.name] for region in regions), notes


def _freed(region: Region) -> Region:
    size = extent(region.where) if isinstance(region.where, Box) else region.size
    return region.model_copy(update={"where": None, "size": size})


def _unsound(relation: ReplyRelation, names: dict[str, str]) -> str | None:
    strangers = [name for name in (relation.subject, relation.object) if key(name) not in names]
    if strangers:
        return f"{strangers[0]!r} is no region"
    if key(relation.subject) == key(relation.object):
        return "it holds a region against itself"
    return (
        None if relation.predicate in PREDICATES else f"{relation.predicate!r} is no relation that is known"
    )


def _relation(relation: ReplyRelation, names: dict[str, str]) -> Relation:
    subject, object_ = names[key(relation.subject)], names[key(relation.object)]
    return Relation(subject=subject, predicate=cast(Predicate, relation.predicate), object=object_)
