"""The endpoint's faults, each in one clear line; what the user can mend is a `UserError`."""

import re
from typing import TYPE_CHECKING, cast

from planner.chat.endpoint import Endpoint
from planner.errors import PlanningError, ScenewrightError, UserError

if TYPE_CHECKING:
    from openai import APIError, APIStatusError

_BAD_KEY = re.compile(
    r"api.?key.{0,20}(?:not valid|invalid|incorrect|missing)|(?:invalid|incorrect) api.?key", re.IGNORECASE
)


class RefusedError(PlanningError):
    """The endpoint doesn't take what it is asked, in whatever way it is asked."""


class TooLongError(RefusedError):
    """The prompt with all that goes before it doesn't fit into the model's context."""


_TOO_LONG = re.compile(
    r"context[ _](?:length|size|window)|context_length_exceeded|prompt is too long|too many (?:input )?tokens"
    r"|maximum input length|`inputs` tokens|must be at least 1, got -",
    re.IGNORECASE,
)
"""What endpoints say where the context is too small for the question, or for it and the limit of output."""

_NO_MODEL = re.compile(
    r"model\b.{0,80}\b(?:not found|not exist|unknown|not a valid)|(?:unknown|no such|invalid) model",
    re.IGNORECASE | re.DOTALL,
)


_FILTERED = re.compile(
    r"content[_ ](?:filter|policy|management)|moderation|flagged|safety system", re.IGNORECASE
)

REFUSALS = frozenset({400, 404, 405, 415, 422, 501})
"""Statuses with which endpoints turn down what they don't take."""


def said(error: "APIError") -> str:
    """The endpoint's own message, without the client's frame around it."""
    given = error.body[0] if isinstance(error.body, list) and error.body else error.body
    body = cast(dict[str, object], given) if isinstance(given, dict) else {}
    if isinstance(inner := body.get("error"), dict):
        body = cast(dict[str, object], inner)
    told = error.body if isinstance(error.body, str) else body.get("message")
    return str(told or error.message)


def refuses_key(error: "APIError") -> bool:
    """Whether the endpoint refuses access; some say with a status of 400 that a key is not valid."""
    return status(error) in {401, 403} or (status(error) == 400 and _BAD_KEY.search(said(error)) is not None)


def status(error: "APIError") -> int:
    """The status of the answer; 0 where there was none."""
    from openai import APIStatusError

    return error.status_code if isinstance(error, APIStatusError) else 0


def talks_of_length(error: "APIError") -> bool:
    """Whether an endpoint refuses a question for its length, by a code of its own or in words."""
    return _TOO_LONG.search(f"{error.code} {error.type} {said(error)}") is not None


def filtered(error: "APIError") -> bool:
    """Whether a filter of the endpoint's turns down what the request says, in whatever way it is asked."""
    return _FILTERED.search(f"{error.code} {said(error)}") is not None


def lacks_model(error: "APIError") -> bool:
    """Whether an endpoint says that it has no such model."""
    if status(error) not in {400, 404, 422}:
        return False
    return error.code == "model_not_found" or error.param == "model" or bool(_NO_MODEL.search(said(error)))


def failure(error: "APIError", endpoint: Endpoint) -> ScenewrightError:
    """What to tell the user of an error that ended a request, retries included."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    where, tries = f"the LLM endpoint {endpoint.label}", _tries(endpoint)
    if isinstance(error, APITimeoutError):
        return PlanningError(f"{where} didn't answer within {endpoint.timeout:g} s ({tries})")
    if isinstance(error, APIConnectionError):
        reason = endpoint.redact(str(error.__cause__ or error))
        return PlanningError(
            f"{where} can't be reached ({tries}): {reason}; does it run, and is the address right?"
        )
    if isinstance(error, APIStatusError):
        return _of_status(error, endpoint, where)
    return PlanningError(f"{where} failed: {endpoint.redact(error.message)}")


def _of_status(error: "APIStatusError", endpoint: Endpoint, where: str) -> ScenewrightError:
    code, told = error.status_code, endpoint.redact(said(error))
    if code < 429 and filtered(error):
        return PlanningError(f"{where} declines the request ({code}): {told}")
    if refuses_key(error):
        return UserError(
            f"{where} refuses access ({code}): OPENAI_API_KEY must be a key that may use {endpoint.model!r}; "
            f"it says: {told}"
        )
    if code == 404 or lacks_model(error):
        return UserError(
            f"{where} has no model {endpoint.model!r}, or it is elsewhere ({code}): "
            f"check {endpoint.option} and OPENAI_BASE_URL; it says: {told}"
        )
    if code == 429:
        return PlanningError(f"{where} is over its limit (429, {_tries(endpoint)}): {told}")
    if code >= 500 and code not in REFUSALS:
        return PlanningError(f"{where} failed ({code}, {_tries(endpoint)}): {told}")
    kind = RefusedError if code in REFUSALS else PlanningError
    kind = TooLongError if talks_of_length(error) else kind
    return kind(f"{where} refuses the request ({code}): {told}")


def _tries(endpoint: Endpoint) -> str:
    """How often was tried: the client gives up earlier where it is asked to wait for too long."""
    return f"{endpoint.max_retries + 1} tries at most" if endpoint.max_retries else "one try"
