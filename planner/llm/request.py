"""One request to an endpoint whose reply is held to a schema, and what its faults mean."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar

from pydantic import BaseModel

from planner.errors import PlanningError
from planner.llm.endpoint import Endpoint
from planner.llm.failures import failure, refuses_mode
from planner.llm.modes import Mode, ModeRefusedError
from planner.llm.usage import used
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import APIError, OpenAI
    from openai.types.chat import ChatCompletion

# instructor logs every failed request as an error of its own; the caller says it once, in a line.
logging.getLogger("instructor").addHandler(logging.NullHandler())

R = TypeVar("R", bound=BaseModel)

Messages = Sequence[Mapping[str, Any]]
"""A conversation as the OpenAI API has it."""

Options = Mapping[str, Any]
"""Parameters of a request by their names in the API, such as temperature."""


@dataclass(frozen=True)
class Heard(Generic[R]):
    """What the endpoint answered, by options that it takes: the reply, or None and what reading raised."""

    completion: "ChatCompletion"
    usage: Usage
    options: Options
    reply: R | None = None
    error: BaseException | None = None


def request(
    client: "OpenAI", endpoint: Endpoint, messages: Messages, form: type[R], mode: Mode, options: Options
) -> Heard[R]:
    """The answer to `messages`, held to the schema of `form` by `mode`.

    Options that the endpoint refuses by name are left out. Raises `ModeRefusedError` where it doesn't take
    the mode, `UserError` where the key or the model's name is wrong, and `PlanningError` where it fails after
    its retries or answers with what is no chat completion.
    """
    from instructor.core import InstructorError
    from instructor.hooks import Hooks
    from openai import APIError

    heard: list[tuple[object, Usage]] = []

    def hear(completion: "ChatCompletion") -> None:
        # Now, since instructor puts its own sums in the place of what the endpoint told.
        heard.append((completion, used(completion)))

    hooks = Hooks()
    hooks.on("completion:response", hear)
    try:
        reply = _create(client, endpoint, messages, form, mode, options, hooks)
    except InstructorError as error:
        cause = error.__cause__
        if isinstance(cause, APIError):
            fewer = without_refused(options, cause, endpoint)
            return request(client, endpoint, messages, form, mode, fewer)
        return Heard(*_first(heard, endpoint), options, error=cause)
    return Heard(*_first(heard, endpoint), options, reply)


def _create(
    client: "OpenAI",
    endpoint: Endpoint,
    messages: Messages,
    form: type[R],
    mode: Mode,
    options: Options,
    hooks: Any,
) -> R:
    import instructor

    question: dict[str, Any] = {"messages": [*map(dict, messages)], "model": endpoint.model, **options}
    if mode == "json_schema strict":
        question["extra_body"] = _strict_form(form)
    asker = instructor.from_openai(client, mode=_instructor_mode(mode))
    return asker.create(response_model=form, max_retries=0, strict=False, hooks=hooks, **question)


def without_refused(options: Options, error: "APIError", endpoint: Endpoint) -> Options:
    """`options` without those that the endpoint refuses; raises what `error` means if it names none."""
    named = [name for name in options if name == error.param or name in error.message]
    if refuses_mode(error) and named:
        return {name: value for name, value in options.items() if name not in named}
    if refuses_mode(error):
        raise ModeRefusedError(failure(error, endpoint)) from error
    raise failure(error, endpoint) from error


def _first(heard: Sequence[tuple[object, Usage]], endpoint: Endpoint) -> "tuple[ChatCompletion, Usage]":
    for completion, usage in heard:
        if is_completion(completion):
            return completion, usage
    raise no_completion(endpoint)


def is_completion(answer: object) -> TypeGuard["ChatCompletion"]:
    """Whether it is one: a server of another protocol may answer 200 too, and the client checks no more."""
    from openai.types.chat import ChatCompletion

    return isinstance(answer, ChatCompletion) and bool(getattr(answer, "choices", None))


def no_completion(endpoint: Endpoint) -> PlanningError:
    """What to tell where an answer is no chat completion."""
    return PlanningError(
        f"the LLM endpoint {endpoint.label} gave no chat completion; is OPENAI_BASE_URL right?"
    )


def _instructor_mode(mode: Mode) -> Any:
    from instructor import Mode as InstructorMode

    return {
        "json_schema strict": InstructorMode.JSON_SCHEMA,
        "json_schema": InstructorMode.JSON_SCHEMA,
        "tools": InstructorMode.TOOLS,
        "json": InstructorMode.JSON,
    }[mode]


def _strict_form(form: type[BaseModel]) -> dict[str, object]:
    """The request's own `response_format`: instructor writes it without `strict`."""
    json_schema = {"name": form.__name__, "schema": form.model_json_schema(), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": json_schema}}
