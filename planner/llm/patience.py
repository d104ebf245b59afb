"""An end to every answer: the client's own time-out starts anew with each byte that comes."""

import time
from collections.abc import Callable, Iterator

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
