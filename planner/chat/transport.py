"""What requests and answers are brought to on the way: a key as Azure takes it, an end, and a true status.

The client's own time-out starts anew with each byte that comes, and it takes a status of 200 at its word.
"""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import httpx2

MAX_ANSWER = 16 * 2**20
"""Bytes; the longest plan is a thousandth of it."""


class _Bounded(httpx2.SyncByteStream):
    """A body that ends within so many seconds and `MAX_ANSWER` bytes, or fails as the client knows it."""

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


def bounded(seconds: float) -> Callable[[httpx2.Response], None]:
    """A hook for a client's responses, after which each has an end."""

    def bound(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Bounded(response.stream, seconds)

    return bound


def key_by_header(request: httpx2.Request) -> None:
    """A hook that shows the key as `api-key` in the place of a bearer's."""
    bearer = request.headers.pop("authorization", None)
    if bearer:
        request.headers["api-key"] = bearer.removeprefix("Bearer ")
    else:
        # A redirection, which may lead to another host: the key is for this one.
        request.headers.pop("api-key", None)


def with_true_status(response: httpx2.Response) -> None:
    """A hook by which the client retries what may pass, and that alone, and raises for every error.

    Gateways tell the errors of others in answers of status 200; and what isn't implemented won't be soon.
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
    if not isinstance(answer, dict):
        return
    told = cast(dict[str, Any], answer)
    error = _error_of_choice(told.get("choices")) if told.get("choices") else told.get("error")
    if error:
        response.status_code = _told_status(error)


def _error_of_choice(choices: object) -> object:
    """The error that stands where an answer should be: a router tells so of the endpoint behind it."""
    first = cast(list[object], choices)[0] if isinstance(choices, list) else None
    choice = cast(dict[str, object], first) if isinstance(first, dict) else {}
    message = choice.get("message")
    wrote = cast(dict[str, object], message).get("content") if isinstance(message, dict) else None
    return None if wrote else choice.get("error")


def _told_status(error: object) -> int:
    """The status that an error names; 429 where it speaks of a rate limit, else 400."""
    code = cast(dict[str, Any], error).get("code") if isinstance(error, dict) else None
    if re.fullmatch(r"[45]\d\d", str(code), re.ASCII):
        return int(str(code))
    return 429 if re.search(r"rate.?limit|too many requests", str(error), re.IGNORECASE) else 400
