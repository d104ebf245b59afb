"""An OpenAI-compatible endpoint and the model behind it."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from pydantic import AnyHttpUrl, TypeAdapter

from planner.errors import UserError

if TYPE_CHECKING:
    from httpx2 import Client
    from openai import OpenAI

_ACCOUNT = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
"""Variables that the openai client reads besides address and key."""

MAX_HOST = 253
"""Letters of a host's name, by the rules of DNS."""

_MAX_READ = 10_000
_MAX_SHOWN = 200
"""Letters of an endpoint's message that are read and shown."""


@dataclass(frozen=True)
class Endpoint:
    """A model's address, with time-out and retries.

    `base_url` and `api_key` default to OPENAI_BASE_URL and OPENAI_API_KEY, as in the openai client; an
    endpoint of the user's own needs no key. A query in the address, such as ?api-version=…, is sent with
    every request. A redirection to another host is an error. `timeout` is in seconds: one try waits that long
    for an answer to begin, and that long again for its end. The openai client repeats a request up to
    `max_retries` times after connection faults, time-outs, 408, 409, 429 and 5xx, with growing pauses, or
    after the pause that Retry-After asks for, up to two minutes. `known_as` names an endpoint whose address
    changes from one time to the next. Errors about the model's name have `argument` as their field.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 300.0
    max_retries: int = 2
    known_as: str | None = None
    argument: str = "llm"

    def client(self) -> "OpenAI":
        """A client for this endpoint.

        Raises `UserError` if there is no key or no usable address, or if the proxy can't be used.
        """
        from httpx2 import URL, InvalidURL
        from openai import OpenAI

        address = self._address()
        try:
            if not _is_one_word(address or ""):
                raise ValueError
            TypeAdapter(AnyHttpUrl | None).validate_python(address)
            # The client would append the path of a request to the query.
            parts = urlsplit(address or "")
            if len(parts.hostname or "") > MAX_HOST:
                raise ValueError
            URL(address or "")
        except (ValueError, InvalidURL) as error:
            raise UserError(
                "OPENAI_BASE_URL is no address: it should be like http://127.0.0.1:8080/v1"
            ) from error
        if not self.model.isprintable():
            raise UserError(f"{self.model[:60]!r}: no model has such letters in its name", self.argument)
        address, query = urlunsplit((*parts[:3], "", "")) or None, dict(parse_qsl(parts.query))
        key = self.api_key or os.environ.get("OPENAI_API_KEY")
        if not key and address is None:
            raise UserError(
                "no key for the LLM: set OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint of your own"
            )
        # These become headers of the request.
        words = {"OPENAI_API_KEY": key, **{name: os.environ.get(name) for name in _ACCOUNT}}
        for name, word in words.items():
            if word and not (word.isascii() and _is_one_word(word)):
                raise UserError(f"{name} holds a letter that no key has: copy it again")
        headers = os.environ.get("OPENAI_CUSTOM_HEADERS", "").replace("\n", "")
        if not (headers.isascii() and headers.isprintable()):
            raise UserError("OPENAI_CUSTOM_HEADERS holds a letter that no header has: copy it again")
        return OpenAI(
            base_url=address,
            api_key=key or "none",
            default_query=query,
            timeout=self.timeout,
            max_retries=self.max_retries,
            http_client=_http_client(self.timeout, key_in_header="api-version" in query),
        )

    @property
    def label(self) -> str:
        """The endpoint's address for messages: without user, password and query."""
        parts = urlsplit(self._address() or "https://api.openai.com/v1")
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}".rstrip("/")

    @property
    def identity(self) -> str:
        """The name under which the program remembers the endpoint and its model."""
        return f"{self.known_as or self.label} {self.model}"

    def redact(self, text: str) -> str:
        """`text` in one short line of printable letters, without the key."""
        key = self.api_key or os.environ.get("OPENAI_API_KEY")
        line = " ".join(text[:_MAX_READ].split())
        line = line.replace(key, "***") if key else line
        line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line[:_MAX_SHOWN])
        return line if len(line) <= _MAX_SHOWN else line[:_MAX_SHOWN] + "…"

    def _address(self) -> str | None:
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or None


def _is_one_word(text: str) -> bool:
    """Whether `text` has neither white space nor control characters."""
    return text.isprintable() and " " not in text


def _http_client(timeout: float, key_in_header: bool) -> "Client":
    """The client's transport; `key_in_header` sends the key in the header that Azure's API reads."""
    from planner.chat.transport import BoundedClient

    try:
        return BoundedClient(timeout, key_in_header)
    except ImportError as error:
        raise UserError(
            "the proxy in ALL_PROXY, HTTP_PROXY or HTTPS_PROXY speaks SOCKS, which needs socksio: "
            "pip install 'httpx2[socks]', or unset the variable"
        ) from error
    except ValueError as error:
        raise UserError(
            f"ALL_PROXY, HTTP_PROXY or HTTPS_PROXY names no usable proxy ({error}): "
            "it should be like http://127.0.0.1:8080 or socks5://127.0.0.1:1080"
        ) from error
