"""A zero-shot detector: the benchmark's own rules on the boxes that it finds, and these beside the plan's.

Any detector will do that the zero-shot pipeline of transformers runs (OWLv2, arXiv 2306.09683; Grounding
DINO, arXiv 2303.05499; MM Grounding DINO, arXiv 2401.02361). It gets one thing at a time, so that each box is
of just that thing: for all things at once, Grounding DINO returns only which of the words a box is like.
A benchmark's rules for plans, such as GenEval's for counts and positions, are rules on named boxes. Here they
get the detected boxes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from PIL import Image
from transformers import pipeline

from evals.benchmarks.samples import Edges, Instance, Planned
from evals.run.geometry import planned
from evals.scorers.pretrained import check_source, loading
from evals.scorers.protocol import Drawn, Metric, Scored

THRESHOLD = 0.2
"""The lowest score of a box that counts; detectors are surer of some words than of others."""

SAME = 0.7
"""Two boxes of this intersection over union or more are of one thing, whatever its names."""

SHORT = 6
"""Words of the longest prompt that a detector gets; for longer ones it gets the thing's name."""

DINO = "grounding-dino"
"""The end of the model types of Grounding DINO and MM Grounding DINO."""


@dataclass(frozen=True)
class Detection:
    """A thing that the detector finds, and its score."""

    instance: Instance
    score: float


@dataclass(frozen=True)
class Detector:
    """A zero-shot detector of transformers: from a folder, or from the hub by its name.

    It looks for each thing of the plan, by the plan's words. Raises `UserError` for a name that is neither a
    folder nor OWNER/NAME.
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
        """Check the name before the first picture."""
        check_source(self.name, self.source, "google/owlv2-base-patch16-ensemble")

    def __call__(self, drawn: Drawn) -> Scored:
        """Raises `WorldError` if the model can't be loaded."""
        wanted = planned(drawn.plan)
        detections = without_duplicates(self._detect(drawn.image, wanted.instances))
        found = tuple(detection.instance for detection in detections)
        overlaps = matched_overlaps(wanted.instances, found)
        count = len(overlaps)
        values = {
            "accuracy": drawn.rules(Planned(wanted.scene, found)).get("accuracy"),
            "found": sum(overlap is not None for overlap in overlaps) / count if count else None,
            "box IoU": sum(overlap or 0.0 for overlap in overlaps) / count if count else None,
        }
        pairs = zip(wanted.instances, overlaps, strict=True)
        return Scored(values, "; ".join(f"{one.name} not seen" for one, overlap in pairs if overlap is None))

    def _detect(self, image: Image.Image, wanted: Sequence[Instance]) -> list[Detection]:
        """All boxes of all things that are wanted."""
        if not wanted:
            return []
        detector, ending = self._loaded
        labels = dict[str, Instance]()
        for instance in wanted:
            words = instance.prompt if len(instance.prompt.split()) <= SHORT else instance.name
            labels[words.lower().rstrip(" .") + ending] = instance
        found = detector(image.convert("RGB"), candidate_labels=list(labels), threshold=THRESHOLD)
        detections = list[Detection]()
        for one in found:
            instance, box, (width, height) = labels[one["label"]], one["box"], image.size
            edges = box["xmin"] / width, box["ymin"] / height, box["xmax"] / width, box["ymax"] / height
            detections.append(Detection(Instance(instance.name, instance.prompt, edges), one["score"]))
        return detections

    @cached_property
    def _loaded(self) -> tuple[Any, str]:
        """The detector, and the end of every label that it gets."""
        with loading(self.name, self.source):
            detector: Any = pipeline(
                "zero-shot-object-detection",
                model=self.source,
                device="cuda" if torch.cuda.is_available() else "cpu",
                model_kwargs={"use_safetensors": True},
            )
        # Grounding DINO was trained on phrases that end in a full stop.
        return detector, "." if detector.model.config.model_type.endswith(DINO) else ""


def without_duplicates(detections: Sequence[Detection]) -> list[Detection]:
    """The detections by falling score, each place once: a red star may be detected as a blue one too."""
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda detection: -detection.score):
        if all(overlap(one.instance.box, other.instance.box) < SAME for other in kept):
            kept.append(one)
    return kept


def matched_overlaps(wanted: Sequence[Instance], found: Sequence[Instance]) -> list[float | None]:
    """For each wanted thing its overlap with the one that was found for it; None if none was.

    The pairs with the largest overlap are matched first, and nothing is matched twice.
    """
    pairs = [
        (overlap(one.box, other.box), i, j)
        for i, one in enumerate(wanted)
        for j, other in enumerate(found)
        if (one.name, one.prompt) == (other.name, other.prompt)
    ]
    matches: dict[int, float] = {}
    taken = set[int]()
    for value, i, j in sorted(pairs, reverse=True):
        if i not in matches and j not in taken:
            matches[i] = value
            taken.add(j)
    return [matches.get(i) for i in range(len(wanted))]


def overlap(one: Edges, other: Edges) -> float:
    """Intersection over union of two boxes; 0 for two without area."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    shared = width * height
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - shared
    return shared / union if union > 0 else 0.0
