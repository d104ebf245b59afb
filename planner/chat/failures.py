"""The endpoint's failures, each in one clear line; what the user can mend is a `UserError`."""

import re
from typing import TYPE_CHECKING, cast

from planner.chat.endpoint import Endpoint
from planner.errors import PlanningError, ScenewrightError, UserError

if TYPE_CHECKING:
    from openai import APIError

_BAD_KEY = re.compile(
    r"api.?key.{0,20}(?:not valid|invalid|incorrect|missing)|(?:invalid|incorrect) api.?key", re.IGNORECASE
)

_TOO_LONG = re.compile(
    r"context[ _](?:length|size|window)|context_length_exceeded|prompt is too long|too many (?:input )?tokens"
    r"|maximum input length|`inputs` tokens|must be at least 1, got -",
    re.IGNORECASE,
)
"""Messages of endpoints whose context is too small for the question, or for it and the limit of output."""

_NO_MODEL = re.compile(
    r"model\b.{0,80}\b(?:not found|not exist|unknown|not a valid)|(?:unknown|no such|invalid) model",
    re.IGNORECASE | re.DOTALL,
)

_FILTERED = re.compile(
    r"content[_ ](?:filter|policy|management)|moderation|flagged|safety system", re.IGNORECASE
)

REFUSALS = frozenset({400, 404, 405, 415, 422, 501})
"""Statuses with which endpoints answer requests that they don't support."""

MAX_MESSAGE = 4000
"""Letters of an endpoint's message that are read."""


class RefusedError(PlanningError):
    """The endpoint refuses the request in every form."""


class TooLongError(RefusedError):
    """The prompt with instructions and examples doesn't fit into the model's context."""


def error_message(error: "APIError") -> str:
    """The endpoint's own message, without the client's text around it."""
    given = error.body[0] if isinstance(error.body, list) and error.body else error.body
    body = cast(dict[str, object], given) if isinstance(given, dict) else {}
    if isinstance(inner := body.get("error"), dict):
        body = cast(dict[str, object], inner)
    message = error.body if isinstance(error.body, str) else body.get("message")
    return text_of(message or error.message) or text_of(error.message)


def text_of(value: object) -> str:
    """The beginning of what an endpoint sent as a text: it may send megabytes, or anything but a text."""
    try:
        return str(value)[:MAX_MESSAGE]
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists in lists in lists
        return ""


def status(error: "APIError") -> int:
    """The status of the answer; 0 if there was no answer."""
    from openai import APIStatusError

    return error.status_code if isinstance(error, APIStatusError) else 0


def refuses_key(error: "APIError") -> bool:
    """Whether the endpoint refuses access; some endpoints answer an invalid key with a status of 400."""
    invalid = status(error) == 400 and _BAD_KEY.search(error_message(error)) is not None
    return invalid or status(error) in {401, 403}


def is_too_long(error: "APIError") -> bool:
    """Whether the endpoint refuses a question for its length, by an error code or in words."""
    return _TOO_LONG.search(f"{text_of(error.code)} {text_of(error.type)} {error_message(error)}") is not None


def is_filtered(error: "APIError") -> bool:
    """Whether a content filter refuses the request, in whatever form it is sent."""
    return _FILTERED.search(f"{text_of(error.code)} {error_message(error)}") is not None


def lacks_model(error: "APIError") -> bool:
    """Whether the endpoint says that it has no such model."""
    if status(error) not in {400, 404, 422}:
        return False
    names_model = error.code == "model_not_found" or error.param == "model"
    return names_model or _NO_MODEL.search(error_message(error)) is not None


def failure(error: "APIError", endpoint: Endpoint) -> ScenewrightError:
    """The error to raise for one that ended a request, retries included."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    where = f"the LLM endpoint {endpoint.label}"
    # The client gives up earlier if it is asked to wait for too long.
    tries = f"{endpoint.max_retries + 1} tries at most" if endpoint.max_retries else "one try"
    if isinstance(error, APITimeoutError):
        return PlanningError(f"{where} didn't answer within {endpoint.timeout:g} s ({tries})")
    if isinstance(error, APIConnectionError):
        reason = endpoint.redact(str(error.__cause__ or error))
        return PlanningError(
            f"{where} can't be reached ({tries}): {reason}; does it run, and is the address right?"
        )
    if not isinstance(error, APIStatusError):
        return PlanningError(f"{where} failed: {endpoint.redact(error.message)}")

    code, message = error.status_code, endpoint.redact(error_message(error))
    if error.response.next_request is not None:
        elsewhere = error.response.next_request.url
        host = endpoint.redact(f"{elsewhere.scheme}://{elsewhere.netloc.decode('ascii', 'replace')}")
        return UserError(
            f"{where} redirects to {host}, which does not get the prompt; is OPENAI_BASE_URL right?"
        )
    if code < 429 and is_filtered(error):
        return PlanningError(f"{where} declines the request ({code}): {message}")
    if refuses_key(error):
        return UserError(
            f"{where} refuses access ({code}): OPENAI_API_KEY must be a key that may use {endpoint.model!r}; "
            f"it says: {message}"
        )
    if code == 404 or lacks_model(error):
        return UserError(
            f"{endpoint.model!r}: {where} has no such model, or it is elsewhere ({code}): check its name and "
            f"OPENAI_BASE_URL; it says: {message}",
            endpoint.argument,
        )
    if code == 429:
        return PlanningError(f"{where} is over its limit (429, {tries}): {message}")
    if code >= 500 and code not in REFUSALS:
        return PlanningError(f"{where} failed ({code}, {tries}): {message}")
    kind = RefusedError if code in REFUSALS else PlanningError
    kind = TooLongError if is_too_long(error) else kind
    return kind(f"{where} refuses the request ({code}): {message}")
