"""One question to the model and its answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from planner.llm.answer import Answer, unread
from planner.llm.bounds import Form
from planner.llm.details import DetailsReply
from planner.llm.endpoint import Endpoint
from planner.llm.modes import Mode
from planner.llm.reply import SceneReply
from planner.llm.request import request
from planner.llm.small import SmallReply
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import OpenAI

    from planner.llm.replies import Replies


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

        Raises as `request` does.
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
        """The model's answer, asked for. Raises as `request` does."""
        messages = [asdict(turn) for turn in turns]
        heard = request(self.client, self.endpoint, messages, form, mode, self.options)
        if heard.reply is None:
            return replace(unread(heard.completion, heard.error), usage=heard.usage)
        return Answer("reply", heard.reply.model_dump_json(), _full(heard.reply), usage=heard.usage)


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
