"""Hooks for an HTTP client: they send the key as Azure wants it, limit answers, and correct their status.

The client's own time-out starts anew with each byte that comes, and it trusts a status of 200.
"""

import re
import time
from collections.abc import Callable, Iterator

import httpx2

from planner.chat.extract import at

MAX_ANSWER = 16 * 2**20
"""Bytes; the longest plan has a thousandth of that."""


class _LimitedBody(httpx2.SyncByteStream):
    """A body that ends within some seconds and `MAX_ANSWER` bytes, or fails with an error of the client's."""

    def __init__(self, stream: httpx2.SyncByteStream, seconds: float) -> None:
        self._stream = stream
        self._seconds = seconds

    def __iter__(self) -> Iterator[bytes]:
        end, size = time.monotonic() + self._seconds, 0
        for chunk in self._stream:
            size += len(chunk)
            if time.monotonic() > end:
                raise httpx2.ReadTimeout("the answer drips in")
            if size > MAX_ANSWER:
                raise httpx2.ReadError("the answer has no end")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def limit_body(seconds: float) -> Callable[[httpx2.Response], None]:
    """A hook for responses that limits the time and the size of their bodies."""

    def limit(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _LimitedBody(response.stream, seconds)

    return limit


def move_key_to_header(request: httpx2.Request) -> None:
    """A hook for requests that sends the key as `api-key` instead of as a bearer token."""
    bearer = request.headers.pop("authorization", None)
    if bearer:
        request.headers["api-key"] = bearer.removeprefix("Bearer ")
    else:
        # A redirection, which may lead to another host: the key is not for that one.
        request.headers.pop("api-key", None)


def correct_status(response: httpx2.Response) -> None:
    """A hook for responses, so that the client retries only what may pass, and raises for every error.

    Gateways pass on the errors of others in answers of status 200. A 501 would be retried in vain.
    """
    if response.status_code == 501:
        response.headers["x-should-retry"] = "false"
    if response.status_code != 200:
        return
    response.read()
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return
    error = at(answer, "error")
    if at(answer, "choices"):
        # A router puts the error of the endpoint behind it where the answer should be.
        wrote = at(answer, "choices", 0, "message", "content")
        error = None if wrote else at(answer, "choices", 0, "error")
    if not error:
        return
    code = str(at(error, "code"))
    if re.fullmatch(r"[45]\d\d", code, re.ASCII):
        response.status_code = int(code)
    else:
        over_limit = re.search(r"rate.?limit|too many requests", str(error), re.IGNORECASE)
        response.status_code = 429 if over_limit else 400
