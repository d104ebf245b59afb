"""What a model answered, and why no reply could be read from it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from planner.llm.reply import SceneReply
from planner.llm.usage import UNTOLD
from planner.plans import Usage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

Kind = Literal["reply", "unreadable", "empty", "cut off", "refused"]

_MAX_FAULTS = 5


@dataclass(frozen=True)
class Answer:
    """A reply, or the fault that kept one from being read; `text` is what the model wrote."""

    kind: Kind
    text: str
    reply: SceneReply | None = None
    fault: str = ""
    usage: Usage = UNTOLD


def unread(completion: "ChatCompletion", error: BaseException | None) -> Answer:
    """Why `completion` holds no reply; `error` is what reading it raised."""
    choice = completion.choices[0]
    text = _text(completion)
    refusal = choice.message.refusal
    if refusal or choice.finish_reason == "content_filter":
        return Answer("refused", refusal or text, fault="The request was declined.")
    if choice.finish_reason == "length":
        return Answer(
            "cut off", text, fault="The reply was cut off: write fewer regions and shorter prompts."
        )
    if not text.strip():
        return Answer("empty", text, fault="The reply was empty: write the JSON object.")
    return Answer("unreadable", text, fault=_unreadable(error))


def _text(completion: "ChatCompletion") -> str:
    message = completion.choices[0].message
    calls = [call.function.arguments for call in message.tool_calls or () if call.type == "function"]
    return "".join(calls) or message.content or ""


def _unreadable(error: BaseException | None) -> str:
    if not isinstance(error, ValidationError):
        return "The reply was not given in the form that was asked for: fill the fields of SceneReply."
    details = error.errors(include_url=False, include_input=False)
    if any(detail["type"] == "json_invalid" for detail in details):
        return "The reply is not one JSON object: write the object and nothing else."
    lines = (f"{_path(detail['loc'])}: {detail['msg']}" for detail in details[:_MAX_FAULTS])
    return "; ".join(lines)


def _path(location: tuple[int | str, ...]) -> str:
    """A field as one writes it: regions[2].name."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
