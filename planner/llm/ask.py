"""One question to the model and its answer."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from planner.errors import PlanningError
from planner.llm.answer import Answer, unread
from planner.llm.bounds import Form
from planner.llm.details import DetailsReply
from planner.llm.endpoint import Endpoint
from planner.llm.failures import failure, refuses_mode
from planner.llm.modes import Mode, ModeRefusedError
from planner.llm.reply import SceneReply
from planner.llm.small import SmallReply
from planner.llm.usage import used
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import APIError, OpenAI
    from openai.types.chat import ChatCompletion

    from planner.llm.replies import Replies

# instructor logs every failed request as an error of its own; the planner says it once, in a line.
logging.getLogger("instructor").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Turn:
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Asker:
    """Asks one endpoint, and holds its model to a schema.

    `options` are sampling parameters; one that the endpoint refuses by name, as some models refuse any
    temperature, is left out. `replies` are those that are known already; every answer's usage goes to `bill`.
    """

    client: "OpenAI"
    endpoint: Endpoint
    options: Mapping[str, float]
    bill: Callable[[Usage], None]
    replies: "Replies | None" = None

    def ask(self, turns: Sequence[Turn], form: Form, mode: Mode) -> Answer:
        """The model's answer to `turns`, held to the schema of `form` by `mode`; where known, from the cache.

        Raises as `_ask` does.
        """
        if self.replies is None:
            return self._billed(self._ask(turns, form, mode))
        question = self._question(turns, form, mode)
        answer = _known(self.replies, question, form) or self._ask(turns, form, mode)
        if answer.reply and not answer.usage.cached:
            _keep(self.replies, question, answer)
        return self._billed(answer)

    def _billed(self, answer: Answer) -> Answer:
        self.bill(answer.usage)
        return answer

    def _question(self, turns: Sequence[Turn], form: Form, mode: Mode) -> dict[str, Any]:
        """All that a reply depends on."""
        return {
            "endpoint": self.endpoint.identity,
            "mode": mode,
            "schema": form.model_json_schema(),
            "turns": [asdict(turn) for turn in turns],
            "options": dict(self.options),
        }

    def _ask(self, turns: Sequence[Turn], form: Form, mode: Mode) -> Answer:
        """The model's answer, asked for.

        Raises `ModeRefusedError` where the endpoint doesn't take the mode, `UserError` where the key or the
        model's name is wrong, and `PlanningError` where the endpoint fails after its retries.
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
            reply = self._create(turns, form, mode, hooks)
        except InstructorError as error:
            cause = error.__cause__
            if isinstance(cause, APIError):
                return self._without_refused_option(cause)._ask(turns, form, mode)
            return self._unread(heard, cause)
        return Answer("reply", reply.model_dump_json(), _full(reply), usage=heard[0][1])

    def _create(
        self, turns: Sequence[Turn], form: Form, mode: Mode, hooks: Any
    ) -> SceneReply | SmallReply | DetailsReply:
        import instructor

        question: dict[str, Any] = {
            "messages": [asdict(turn) for turn in turns],
            "model": self.endpoint.model,
            **self.options,
        }
        if mode == "json_schema strict":
            question["extra_body"] = _strict_form(form)
        client = instructor.from_openai(self.client, mode=_instructor_mode(mode))
        return client.create(response_model=form, max_retries=0, strict=False, hooks=hooks, **question)

    def _without_refused_option(self, error: "APIError") -> "Asker":
        """This asker without the options that the endpoint refuses; raises what `error` means if none."""
        named = [name for name in self.options if name == error.param or name in error.message]
        if refuses_mode(error) and named:
            return replace(self, options={k: v for k, v in self.options.items() if k not in named})
        if refuses_mode(error):
            raise ModeRefusedError(failure(error, self.endpoint)) from error
        raise failure(error, self.endpoint) from error

    def _unread(self, heard: Sequence[tuple[object, Usage]], error: BaseException | None) -> Answer:
        from openai.types.chat import ChatCompletion

        for completion, usage in heard:
            # A server that speaks another protocol may still answer 200: the client checks no more than that.
            if isinstance(completion, ChatCompletion) and getattr(completion, "choices", None):
                return replace(unread(completion, error), usage=usage)
        raise PlanningError(
            f"the LLM endpoint {self.endpoint.label} gave no chat completion; is OPENAI_BASE_URL right?"
        )


def _known(replies: "Replies", question: Mapping[str, Any], form: Form) -> Answer | None:
    kept = replies.find(question)
    if kept is None:
        return None
    try:
        reply = form.model_validate_json(kept.text)
    except ValidationError:
        return None
    return Answer("reply", kept.text, _full(reply), usage=kept.usage.model_copy(update={"cached": 1}))


def _full(reply: SceneReply | SmallReply | DetailsReply) -> SceneReply:
    return reply if isinstance(reply, SceneReply) else reply.scene()


def _keep(replies: "Replies", question: Mapping[str, Any], answer: Answer) -> None:
    from planner.llm.replies import Kept

    replies.keep(question, Kept(text=answer.text, usage=answer.usage))


def _instructor_mode(mode: Mode) -> Any:
    from instructor import Mode as InstructorMode

    return {
        "json_schema strict": InstructorMode.JSON_SCHEMA,
        "json_schema": InstructorMode.JSON_SCHEMA,
        "tools": InstructorMode.TOOLS,
        "json": InstructorMode.JSON,
    }[mode]


def _strict_form(form: Form) -> dict[str, object]:
    """The request's own `response_format`: instructor writes it without `strict`."""
    json_schema = {"name": form.__name__, "schema": form.model_json_schema(), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": json_schema}}
