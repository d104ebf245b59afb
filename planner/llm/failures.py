"""The endpoint's faults, each in one clear line; what the user can mend is a `UserError`."""

from typing import TYPE_CHECKING, cast

from planner.errors import PlanningError, ScenewrightError, UserError
from planner.llm.endpoint import Endpoint

if TYPE_CHECKING:
    from openai import APIError, APIStatusError


class TooLongError(PlanningError):
    """The prompt with all that goes before it doesn't fit into the model's context."""


_REFUSALS = frozenset({400, 404, 405, 415, 422, 501})
"""Statuses with which endpoints turn down a mode that they don't know."""


def refuses_mode(error: "APIError") -> bool:
    """Whether the endpoint may have turned down the mode, and not the key, the model or the hour."""
    from openai import APIStatusError

    status = error.status_code if isinstance(error, APIStatusError) else 0
    return status in _REFUSALS and error.code != "model_not_found" and not _too_long(error)


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
    status, said = error.status_code, endpoint.redact(_said(error))
    if status in {401, 403}:
        return UserError(
            f"{where} refuses access ({status}): OPENAI_API_KEY must be a key that may use {endpoint.model!r}"
        )
    if status == 404:
        return UserError(
            f"{where} has no model {endpoint.model!r}, or it is elsewhere (404): "
            f"check {endpoint.option} and OPENAI_BASE_URL; it says: {said}"
        )
    if status == 429:
        return PlanningError(f"{where} is over its limit (429, {_tries(endpoint)}): {said}")
    if status >= 500:
        return PlanningError(f"{where} failed ({status}, {_tries(endpoint)}): {said}")
    kind = TooLongError if _too_long(error) else PlanningError
    return kind(f"{where} refuses the request ({status}): {said}")


def _too_long(error: "APIError") -> bool:
    """Endpoints say it in a code of their own or in words: "exceeds the available context size"."""
    said = f"{error.code} {error.type} {error.message}".lower()
    return "context" in said and any(word in said for word in ("length", "size", "window"))


def _said(error: "APIError") -> str:
    """The endpoint's own message, without the client's frame around it."""
    body = cast(dict[str, object], error.body) if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)


def _tries(endpoint: Endpoint) -> str:
    """How often was tried: the client gives up earlier where it is asked to wait for too long."""
    return f"{endpoint.max_retries + 1} tries at most" if endpoint.max_retries else "one try"
