"""What a scorer is: a pure function of a picture and what was asked for, to metrics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from PIL import Image

from evals.benchmarks.samples import Planned, Sample, Scores
from planner.errors import ScenewrightError
from planner.plans import Plan, Usage

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Metric:
    """A figure of a picture: what it measures, whether it is a share from 0 to 1, and which way is better."""

    name: str
    description: str
    share: bool = True
    better: Literal["more", "less"] = "more"


def _no_rules(boxes: Planned) -> Scores:
    del boxes
    return {}


@dataclass(frozen=True)
class Drawn:
    """A picture (RGB), its sample, the plan that it was drawn from, and the benchmark's rules.

    `rules` score named boxes by the sample's facts, as the plan stage scores those of a plan. `latents` are
    the packed latents (image tokens, channels) that the picture was decoded from, where they are known.
    `reference` draws those of the run's first arm from the same noise; it is None for that arm itself.
    """

    image: Image.Image
    sample: Sample[Any]
    plan: Plan
    rules: Callable[[Planned], Scores] = _no_rules
    latents: "Tensor | None" = None
    reference: "Callable[[], Tensor] | None" = None


@dataclass(frozen=True)
class Scored:
    """A picture's metrics by name, None where one does not apply; `explanation` says in words what is wrong.

    `unscored` are metrics without a score, with the reason; `usage` is that of a language model.
    """

    values: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    explanation: str = ""
    unscored: Mapping[str, str] = field(default_factory=dict[str, str])
    usage: Usage | None = None


@runtime_checkable
class Scorer(Protocol):
    """Anything that scores a picture; the same picture gets the same score."""

    @property
    def name(self) -> str:
        """A short name, the prefix of its metrics' names in rows."""
        ...

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Its metrics, the most important one first."""
        ...

    def __call__(self, drawn: Drawn) -> Scored:
        """The picture's metrics. An exception leaves the picture unscored, never at zero."""
        ...


@runtime_checkable
class Checkable(Protocol):
    """A scorer that can find out before the first picture that it could not score any."""

    def check(self) -> None:
        """Raise `UserError` for what the user can mend, `WorldError` for faults of network or model."""
        ...


@dataclass(frozen=True)
class PictureScores:
    """The scores of one picture: `scores` by "scorer.metric"; `explanations` and `tokens` by scorer.

    `unscored` has the reason why a scorer, or one of its metrics, has no score.
    """

    scores: Mapping[str, float | None]
    explanations: Mapping[str, str]
    unscored: Mapping[str, str]
    tokens: Mapping[str, Usage]


def score(scorers: tuple[Scorer, ...], drawn: Drawn) -> PictureScores:
    """The scores of a picture by all `scorers`; one that fails has only the reason under `unscored`."""
    scores, explanations = dict[str, float | None](), dict[str, str]()
    unscored, tokens = dict[str, str](), dict[str, Usage]()
    for scorer in scorers:
        try:
            scored = scorer(drawn)
        except ScenewrightError as error:
            unscored[scorer.name] = str(error)
        except Exception as error:  # a fault of a scorer is no fault of the picture
            unscored[scorer.name] = f"{type(error).__name__}: {error}"
        else:
            scores |= {f"{scorer.name}.{name}": value for name, value in scored.values.items()}
            unscored |= {f"{scorer.name}.{name}": reason for name, reason in scored.unscored.items()}
            if scored.explanation:
                explanations[scorer.name] = scored.explanation
            if scored.usage:
                tokens[scorer.name] = scored.usage
    return PictureScores(scores, explanations, unscored, tokens)
