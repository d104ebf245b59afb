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
    """A figure of a picture: what it says, whether it is a share from 0 to 1, and which way is better."""

    name: str
    told: str
    share: bool = True
    better: Literal["more", "less"] = "more"


def _no_rules(boxes: Planned) -> Scores:
    del boxes
    return {}


@dataclass(frozen=True)
class Drawn:
    """A picture (RGB), its sample, the plan that was to be drawn, and the benchmark's rules.

    `judge` holds named boxes to the sample's facts, as it does with those of a plan. `latents` are the packed
    latents (image tokens, channels) that the picture was decoded from, where they are known; `reference`
    makes those of the run's first arm from the same noise, and is None for that arm itself.
    """

    image: Image.Image
    sample: Sample[Any]
    plan: Plan
    judge: Callable[[Planned], Scores] = _no_rules
    latents: "Tensor | None" = None
    reference: "Callable[[], Tensor] | None" = None


@dataclass(frozen=True)
class Scored:
    """A picture's metrics by name, None where one does not apply; `told` says in words what is wrong.

    `unscored` are metrics that could not be told, with the reason; `usage` is what a language model took.
    """

    values: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    told: str = ""
    unscored: Mapping[str, str] = field(default_factory=dict[str, str])
    usage: Usage | None = None


@runtime_checkable
class Scorer(Protocol):
    """Anything that scores a picture; the same picture gets the same score."""

    @property
    def name(self) -> str:
        """A short name, which stands before its metrics' names."""
        ...

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Its metrics, the one that tells most first."""
        ...

    def __call__(self, drawn: Drawn) -> Scored:
        """The picture's metrics. Where it can't tell it raises: the picture is unscored then, never zero."""
        ...


@runtime_checkable
class Checked(Protocol):
    """A scorer that can say before the first picture that it will score none."""

    def check(self) -> None:
        """Raise `UserError` for what the user can mend, `WorldError` for what the world has to."""
        ...


def score(scorers: tuple[Scorer, ...], drawn: Drawn) -> dict[str, Any]:
    """What all `scorers` say of a picture, as rows hold it: `scores` by "scorer.metric", `told`, `unscored`,
    and `tokens` where a language model took some.

    A scorer that fails leaves no figures, and its reason under `unscored`.
    """
    row: dict[str, Any] = {"scores": {}, "told": {}, "unscored": {}}
    for scorer in scorers:
        try:
            scored = scorer(drawn)
        except ScenewrightError as error:
            row["unscored"][scorer.name] = str(error)
        except Exception as error:  # a fault of a scorer is no fault of the picture
            row["unscored"][scorer.name] = f"{type(error).__name__}: {error}"
        else:
            row["scores"] |= {f"{scorer.name}.{name}": value for name, value in scored.values.items()}
            row["told"] |= {scorer.name: scored.told} if scored.told else {}
            row["unscored"] |= {f"{scorer.name}.{name}": why for name, why in scored.unscored.items()}
            if scored.usage:
                row.setdefault("tokens", {})[scorer.name] = scored.usage.model_dump()
    return row
