"""The plan: the file between the stages, and where it came from."""

from typing import Annotated, Literal, Protocol

from pydantic import Field, ValidationError

from planner.errors import UserError
from planner.scene import Frozen, Scene

PLAN_VERSION = 3

NoteKind = Literal["group", "overflow", "dropped relation", "moved", "lost", "absent", "repaired", "warning"]


class Span(Frozen):
    """Some words of the prompt, with the space behind them, and whoever takes them up.

    `owners` are regions by name, "background", "style" and "absent", in this order, or "caption" alone where
    the words are left to the whole picture.
    """

    text: str = Field(description="a piece of the prompt to the letter; all pieces joined are the prompt")
    owners: tuple[str, ...] = Field(
        description="names of regions, background, style, absent; caption alone: only the whole picture"
    )


class Note(Frozen):
    """One sentence on what happened to something that the prompt or the planner asked for."""

    kind: NoteKind
    name: str = Field(description="the region, relation or word that it is about")
    text: str = Field(description="one sentence for the user")


class Usage(Frozen):
    """What a plan took of a language model, all its answers together, whether they were of use or not.

    Tokens count for cached answers too: they are what the plan costs where nothing is cached.
    """

    prompt: int | None = Field(description="tokens read; null where the endpoint doesn't say")
    completion: int | None = Field(description="tokens written; null where the endpoint doesn't say")
    requests: int = Field(description="answers of the model")
    cached: int = Field(default=0, description="those of them that came from the cache")


class Origin(Frozen):
    """Who planned: enough to tell two plans apart and to plan again."""

    planner: Literal["builtin", "llm", "file"]
    model: str | None = None
    mode: str | None = Field(
        default=None, description="how an LLM was held to the schema: json_schema, tools, json or text"
    )
    repairs: tuple[str, ...] = Field(
        default=(), description="what was wrong in earlier replies, one sentence each"
    )
    seed: int | None = None
    usage: Usage | None = Field(default=None, description="what was asked of an LLM; null where none was")


class Draft(Frozen):
    """What a planner returns: a scene, its notes, and its own name."""

    scene: Scene
    notes: tuple[Note, ...] = ()
    origin: Origin


class Planner(Protocol):
    """Anything that turns a prompt into a draft."""

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`; raises `planner.errors.PlanningError` where it can't."""
        ...


Side = Annotated[int, Field(ge=64, le=8192, multiple_of=16)]


class Size(Frozen):
    """A canvas in pixels; both sides are multiples of 16, the side of a token."""

    width: Side = 1024
    height: Side = 1024


def read_size(text: str) -> Size:
    """The size in "WIDTHxHEIGHT". Raises `UserError` for anything else."""
    width, _, height = text.lower().partition("x")
    try:
        return Size.model_validate({"width": width, "height": height})
    except ValidationError as error:
        raise UserError(
            f"{text}: should be WIDTHxHEIGHT, each a multiple of 16 from 64 to 8192, such as 1280x768", "size"
        ) from error


class Plan(Frozen):
    """A scene arranged on a canvas, as `--plan-only` prints it and people edit it.

    A region's `where` is a box, polygon or mask once arranged, and stands as it is; where it is null or
    words, the region is arranged anew.
    """

    version: Literal[3] = PLAN_VERSION
    size: Size
    scene: Scene
    account: tuple[Span, ...] = Field(
        default=(),
        description="the prompt, cut by who takes up its words; always computed, never read from a file",
    )
    notes: tuple[Note, ...] = Field(default=(), description="what was repaired, moved, dropped or left over")
    origin: Origin
