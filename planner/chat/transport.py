"""The HTTP client: it bounds an answer's time and size, stays with one host, and corrects the status.

The usual client's time-out starts anew with each byte that comes, it counts compressed bytes, it sends the
prompt wherever a redirection leads, and it trusts a status of 200.
"""

import re
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Any

import httpx2
from openai import DefaultHttpxClient

from planner.bounded import parse_json
from planner.chat.extract import at
from planner.errors import UserError

MAX_ANSWER = 4 * 2**20
"""Bytes, as they are sent and once they are decompressed; the longest plan has a hundredth of that."""

MAX_REDIRECTIONS = 5


class BoundedClient(DefaultHttpxClient):
    """A client whose every request ends after `seconds` for the headers and as many for the body.

    A redirection to another host is not followed: it is returned as the answer, with a header that says so.
    """

    def __init__(self, seconds: float, key_in_header: bool) -> None:
        """`key_in_header` sends the key in the header that Azure's API reads."""
        # Compressed answers are decompressed too: some servers compress whatever they are asked.
        super().__init__(
            headers={"accept-encoding": "identity"},
            event_hooks={"request": [move_key_to_header] if key_in_header else []},
        )
        self._seconds = seconds

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """The answer to `request`, which has been read. Raises errors of the client as it does itself."""
        future: Future[httpx2.Response] = Future()

        def work() -> None:
            try:
                response, error = self._follow(request, options), None
            except BaseException as raised:
                response, error = None, raised
            if not future.set_running_or_notify_cancel():
                if response:
                    response.close()
            elif response:
                future.set_result(response)
            else:
                future.set_exception(error)

        # A thread of its own: no time-out of the client's bounds headers that come byte by byte.
        Thread(target=work, daemon=True).start()
        try:
            response = future.result(self._seconds)
        except TimeoutError as error:
            if future.cancel():
                raise httpx2.ReadTimeout("the answer does not begin", request=request) from error
            response = future.result()
        try:
            if isinstance(response.stream, httpx2.SyncByteStream):
                encoding = response.headers.get("content-encoding", "")
                response.stream = _BoundedBody(response.stream, encoding, self._seconds)
            response.headers.pop("content-encoding", None)
            response.read()
        except BaseException:
            response.close()
            raise
        correct_status(response)
        return response

    def _follow(self, request: httpx2.Request, options: dict[str, Any]) -> httpx2.Response:
        """The unread answer at the end of all redirections within the host."""
        options = {**options, "stream": True, "follow_redirects": False}
        for _ in range(MAX_REDIRECTIONS + 1):
            response = super().send(request, **options)
            if response.next_request is None:
                return response
            if not _is_same_host(response.next_request.url, request.url):
                response.headers["x-should-retry"] = "false"
                return response
            response.close()
            request = response.next_request
        raise httpx2.TooManyRedirects("it redirects again and again", request=request)


def _is_same_host(to: httpx2.URL, origin: httpx2.URL) -> bool:
    """Whether a redirection stays with the host; it may go from http to https."""
    if to.host != origin.host:
        return False
    ports = {"http": 80, "https": 443}
    if (origin.scheme, to.scheme) == ("http", "https"):
        return origin.port is None and to.port is None
    usual = ports[origin.scheme]
    return to.scheme == origin.scheme and (to.port or usual) == (origin.port or usual)


class _BoundedBody(httpx2.SyncByteStream):
    """A body, decompressed, that ends within some seconds and `MAX_ANSWER` bytes, or fails."""

    def __init__(self, stream: httpx2.SyncByteStream, encoding: str, seconds: float) -> None:
        self._stream = stream
        self._encoding = encoding.strip().lower()
        self._seconds = seconds

    def __iter__(self) -> Iterator[bytes]:
        end, received, size = time.monotonic() + self._seconds, 0, 0
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise httpx2.DecodingError("the answer is compressed in a way that was not asked for")
        # 32: the headers of gzip and zlib are told apart.
        is_packed = self._encoding not in ("", "identity")
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if is_packed else None
        for chunk in self._stream:
            if time.monotonic() > end:
                raise httpx2.ReadTimeout("the answer drips in")
            received += len(chunk)
            try:
                part = unpacker.decompress(chunk, MAX_ANSWER + 1 - size) if unpacker else chunk
            except zlib.error as error:
                raise httpx2.DecodingError("the answer can't be decompressed") from error
            size += len(part)
            if max(size, received) > MAX_ANSWER:
                raise httpx2.ReadError("the answer has no end")
            yield part

    def close(self) -> None:
        self._stream.close()


def move_key_to_header(request: httpx2.Request) -> None:
    """A hook for requests that sends the key as `api-key` instead of as a bearer token."""
    bearer = request.headers.pop("authorization", None)
    if bearer:
        request.headers["api-key"] = bearer.removeprefix("Bearer ")


def correct_status(response: httpx2.Response) -> None:
    """Correct the status of an answer, so that openai's client retries what may pass and sees every error.

    Gateways pass on the errors of others in answers of status 200. A 501 would be retried in vain.
    """
    if response.status_code == 501:
        response.headers["x-should-retry"] = "false"
    if response.status_code != 200:
        return
    try:
        answer = parse_json(response.content)
    except UserError:
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
