"""The plan: the file between the stages, and where it came from."""

from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, SerializerFunctionWrapHandler, ValidationError, model_serializer

from planner.errors import UserError
from planner.scene import Frozen, Horizontal, Name, Predicate, Scene, Vertical

PLAN_VERSION = 2

NoteKind = Literal["group", "overflow", "dropped relation", "moved", "lost", "absent", "repaired", "warning"]


AskKind = Literal["thing", "part", "attribute", "count", "place", "relation", "setting", "absent"]
Fate = Literal["region", "background", "caption", "absent", "not planned"]


class Ask(Frozen):
    """One thing that the prompt asks for, as the built-in parser of English reads it.

    `of` is the thing that it is about, by the name that the built-in planner has for it; `words` are those
    that a text must have to ask for it too.
    """

    kind: AskKind
    text: str = Field(description="what is asked for, in words: 'large yellow star', 'ring right of heart'")
    of: str = Field(description="the thing that it is said of")
    words: tuple[str, ...] = ()
    count: int | None = Field(default=None, description="kind count: how many")
    horizontal: Horizontal | None = Field(default=None, description="kind place: the side stated, if any")
    vertical: Vertical | None = Field(default=None, description="kind place: the height stated, if any")
    predicate: Predicate | None = Field(default=None, description="kind relation: how `of` stands to `other`")
    other: str | None = Field(default=None, description="kind relation: the other thing")


class Entry(Ask):
    """One line of the account: something that the prompt asks for, and where in the plan it went.

    `regions` are those that show it, by name; `because` says why it is not planned.
    """

    where: Fate
    regions: tuple[Name, ...] = ()
    because: str = ""

    @model_serializer(mode="wrap")
    def _briefly(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is left open: an account has many lines, and people read them."""
        return {name: value for name, value in handler(self).items() if value not in (None, "", (), [])}


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
        default=None, description="how an LLM was held to the schema: json_schema, tools or json"
    )
    repairs: tuple[str, ...] = Field(
        default=(), description="what was wrong in earlier replies, one sentence each"
    )
    seed: int | None = None
    usage: Usage | None = Field(default=None, description="what was asked of an LLM; null where none was")


class Draft(Frozen):
    """What a planner returns: a scene, what it read that the prompt asks for, its notes, and its own name.

    `asks` is None where it read nothing but the scene.
    """

    scene: Scene
    asks: tuple[Ask, ...] | None = None
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
            f"--size {text}: should be WIDTHxHEIGHT, each a multiple of 16 from 64 to 8192, such as 1280x768"
        ) from error


class Plan(Frozen):
    """A scene arranged on a canvas, as `--plan-only` prints it and people edit it.

    A region's `where` is a box, polygon or mask once arranged, and stands as it is; where it is null or
    words, the region is arranged anew.
    """

    version: Literal[2] = PLAN_VERSION
    size: Size
    scene: Scene
    account: tuple[Entry, ...] = Field(default=(), description="what the prompt asks for, and where it went")
    notes: tuple[Note, ...] = Field(default=(), description="what was repaired, moved, dropped or left over")
    origin: Origin
