"""A detector of whatever is named: the benchmark's own logic on what is seen, and boxes held to the plan's.

Any detector serves that the zero-shot pipeline of transformers runs (OWLv2, arXiv 2306.09683; Grounding DINO,
arXiv 2303.05499, and MM Grounding DINO, arXiv 2401.02361). It is asked for one thing at a time, so that each
box is of just that thing; Grounding DINO asked for all at once tells only which of the words a box is like.
A benchmark's rules for plans, such as GenEval's counting and positions, are rules on named boxes: here the
boxes are those that the detector sees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import pipeline

from evals.benchmarks.samples import Edges, Instance, Planned
from evals.run.geometry import planned
from evals.scorers.protocol import Drawn, Metric, Scored
from planner.errors import UserError, WorldError

THRESHOLD = 0.2
"""Scores from which a box counts; detectors are surer of some words than of others."""

SAME = 0.7
"""Intersection over union from which two boxes are of one thing, whatever they are called."""

DINO = "grounding-dino"
"""What the model types of Grounding DINO and MM Grounding DINO end in."""


@dataclass(frozen=True)
class Seen:
    """A thing that the detector sees, and how sure it is."""

    instance: Instance
    score: float


@dataclass(frozen=True)
class Detector:
    """A zero-shot detector of transformers: a folder's, or the hub's by name.

    It is asked for each thing of the plan, by the plan's words for it. Raises `UserError` for a name that can
    be neither.
    """

    source: str

    name = "detector"
    metrics = (
        Metric("accuracy", "what is seen is right by the benchmark's own rules"),
        Metric("found", "things of the plan that are seen"),
        Metric(
            "box IoU", "intersection over union of each planned box with what is seen of it, 0 if nothing"
        ),
    )

    def __post_init__(self) -> None:
        """Check what can be checked before the first picture."""
        if not self.source or (not Path(self.source).is_dir() and self.source.count("/") != 1):
            raise UserError(
                f"--scorer detector:{self.source}: should be detector:FOLDER or detector:OWNER/NAME, such as "
                "detector:google/owlv2-base-patch16-ensemble"
            )

    def __call__(self, drawn: Drawn) -> Scored:
        """Raises `WorldError` where the model can't be loaded."""
        wanted = planned(drawn.plan)
        seen = tuple(one.instance for one in without_twins(self._seen(drawn.image, wanted.instances)))
        judged = drawn.judge(Planned(wanted.scene, seen))
        overlaps = matched(wanted.instances, seen)
        found = [overlap is not None for overlap in overlaps]
        values = {
            "accuracy": judged.get("accuracy"),
            "found": sum(found) / len(found) if found else None,
            "box IoU": sum(overlap or 0.0 for overlap in overlaps) / len(overlaps) if overlaps else None,
        }
        return Scored(values, "; ".join(_missing(wanted.instances, found)))

    def _seen(self, image: Image.Image, wanted: Sequence[Instance]) -> list[Seen]:
        """Every box of every thing that is asked for."""
        asked = {_question(instance): instance for instance in wanted}
        if not asked:
            return []
        detector, ending = self._loaded
        labels = {f"{question}{ending}": instance for question, instance in asked.items()}
        found = detector(image.convert("RGB"), candidate_labels=list(labels), threshold=THRESHOLD)
        return [_read(one, labels[one["label"]], image.size) for one in found]

    @cached_property
    def _loaded(self) -> tuple[Any, str]:
        """The detector, and what its questions end in."""
        try:
            detector: Any = pipeline(
                "zero-shot-object-detection",
                model=self.source,
                device="cuda" if torch.cuda.is_available() else "cpu",
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # every part has faults of its own
            reason = " ".join(str(error).split())[:200]
            raise WorldError(f"--scorer detector:{self.source}: can't be loaded ({reason})") from error
        # Grounding DINO was trained on phrases that end in a full stop.
        return detector, "." if detector.model.config.model_type.endswith(DINO) else ""


def _question(instance: Instance) -> str:
    """What a detector is asked for: the words of the prompt where they are few, else the name."""
    return (instance.prompt if len(instance.prompt.split()) <= 6 else instance.name).lower().rstrip(" .")


def _read(found: dict[str, Any], wanted: Instance, size: tuple[int, int]) -> Seen:
    box, (width, height) = found["box"], size
    edges = box["xmin"] / width, box["ymin"] / height, box["xmax"] / width, box["ymax"] / height
    return Seen(Instance(wanted.name, wanted.prompt, edges), found["score"])


def without_twins(seen: Sequence[Seen]) -> list[Seen]:
    """What is seen, surest first, each place once: a red star asked for as a blue one too is one thing."""
    kept: list[Seen] = []
    for one in sorted(seen, key=lambda found: -found.score):
        if all(overlap(one.instance.box, other.instance.box) < SAME for other in kept):
            kept.append(one)
    return kept


def matched(wanted: Sequence[Instance], seen: Sequence[Instance]) -> list[float | None]:
    """For each planned thing its overlap with one that is seen by its name; None where none is left.

    The best pairs are taken first, and nothing seen serves twice.
    """
    pairs = sorted(_pairs(wanted, seen), reverse=True)
    given: dict[int, float] = {}
    taken = set[int]()
    for value, place, other in pairs:
        if place not in given and other not in taken:
            given[place] = value
            taken.add(other)
    return [given.get(place) for place in range(len(wanted))]


def _pairs(wanted: Sequence[Instance], seen: Sequence[Instance]) -> Iterator[tuple[float, int, int]]:
    for place, one in enumerate(wanted):
        for other, found in enumerate(seen):
            if (one.name, one.prompt) == (found.name, found.prompt):
                yield overlap(one.box, found.box), place, other


def overlap(one: Edges, other: Edges) -> float:
    """Intersection over union of two boxes."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    shared = width * height
    whole = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - shared
    return shared / whole if whole > 0 else 0.0


def _missing(wanted: Sequence[Instance], found: Sequence[bool]) -> Iterator[str]:
    for instance, is_there in zip(wanted, found, strict=True):
        if not is_there:
            yield f"{instance.name} not seen"
