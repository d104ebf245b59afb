"""What tiny-flux is shown in training, from words and single things to whole pictures.

Shown whole pictures and long captions from the start, a model of this size learns colours and grounds, and
takes what kind a thing is from CLIP's pooled vector alone, which all regions share. One word beside a single
thing, in many small steps, makes it read kinds from T5 within minutes; longer captions, wider windows and
whole pictures then keep that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from evals.world.training.text import TEXT_TOKENS

View = Literal["word", "tight", "pair", "loose", "two", "whole"]
"""A thing that fills its window with a word or two; the same with a crop's caption; two things alone in a
small window, each with its colour and kind; any window that cuts no thing; a whole picture of two things; any
whole picture.
"""


@dataclass(frozen=True)
class Phase:
    """A part of the training.

    `shares` says how often each view is shown; `lengths` are those that captions of crops are padded to, in
    tokens. CLIP reads the share `clip_share` of the captions (Esser et al. 2024, section 5.3.1, drop each
    encoder by itself). A step shows some `tokens`, of text and picture together; the learning rate goes in a
    straight line over `rates`.
    """

    steps: int
    shares: tuple[tuple[View, float], ...]
    lengths: tuple[int, ...]
    clip_share: float
    tokens: int
    rates: tuple[float, float]


PHASES = (
    Phase(700, (("word", 1.0),), (6,), 0.0, 700, (1e-3, 1e-3)),
    Phase(900, (("word", 0.2), ("tight", 0.4), ("loose", 0.4)), (16, 24), 0.0, 900, (1e-3, 8e-4)),
    Phase(
        6000,
        (("word", 0.05), ("tight", 0.15), ("loose", 0.4), ("whole", 0.4)),
        (16, 24, TEXT_TOKENS),
        0.3,
        1000,
        (1e-3, 3e-5),
    ),
    Phase(
        1900,
        (("tight", 0.12), ("loose", 0.46), ("whole", 0.42)),
        (24, TEXT_TOKENS),
        0.3,
        1500,
        (7e-4, 7e-6),
    ),
    Phase(
        5200,
        (("tight", 0.15), ("loose", 0.45), ("whole", 0.4)),
        (24, TEXT_TOKENS),
        0.3,
        1500,
        (8e-4, 4e-6),
    ),
    Phase(
        2800,
        (("tight", 0.25), ("loose", 0.45), ("whole", 0.3)),
        (16, 24, TEXT_TOKENS),
        0.3,
        1500,
        (7e-4, 4e-6),
    ),
    Phase(
        11200,
        (("tight", 0.3), ("loose", 0.4), ("whole", 0.3)),
        (16, 24, TEXT_TOKENS),
        0.3,
        1000,
        (8e-4, 4e-6),
    ),
    Phase(
        33000,
        (("tight", 0.2), ("loose", 0.35), ("whole", 0.45)),
        (16, 24, TEXT_TOKENS),
        0.3,
        12000,
        (8e-4, 4e-6),
    ),
    Phase(
        24000,
        (("tight", 0.1), ("pair", 0.4), ("loose", 0.15), ("two", 0.25), ("whole", 0.1)),
        (16, 24, TEXT_TOKENS),
        0.3,
        12000,
        (6e-4, 4e-6),
    ),
    Phase(
        12000,
        (("tight", 0.1), ("pair", 0.25), ("loose", 0.2), ("two", 0.3), ("whole", 0.15)),
        (16, 24, TEXT_TOKENS),
        0.7,
        1000,
        (6e-4, 4e-6),
    ),
)
"""The phases in order; TRAINING.md has the time that each took.

The ninth is for a T5 that was trained by itself. The tenth shows more whole pictures, and more captions to
CLIP. The checkpoint that ships is the mean of what the ninth and the tenth ended with.
"""


def shortened(phases: Sequence[Phase], by: int) -> tuple[Phase, ...]:
    """The phases with so many times fewer steps, none where they have fewer."""
    return tuple(replace(phase, steps=phase.steps // by) for phase in phases)


def total_steps(phases: Sequence[Phase]) -> int:
    """Steps in all."""
    return sum(phase.steps for phase in phases)


def phase_at(phases: Sequence[Phase], step: int) -> tuple[Phase, float]:
    """The phase of a step, and how much of it is done by then, from 0 to 1.

    Raises `IndexError` behind the last step.
    """
    for phase in phases:
        if step < phase.steps:
            return phase, step / phase.steps
        step -= phase.steps
    raise IndexError(f"the phases end {step} steps before")
