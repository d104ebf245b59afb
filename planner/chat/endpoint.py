"""An OpenAI-compatible endpoint and the model behind it."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from planner.errors import UserError

if TYPE_CHECKING:
    from httpx2 import Client
    from openai import OpenAI


@dataclass(frozen=True)
class Endpoint:
    """A model's address, with time-out and retries.

    `base_url` and `api_key` default to OPENAI_BASE_URL and OPENAI_API_KEY, as in the openai client; an
    endpoint of the user's own needs no key. A query in the address, such as ?api-version=…, is sent with
    every request. `timeout` is in seconds: one try waits that long for an answer to begin, and that long
    again for its end. The openai client repeats a request up to `max_retries` times after connection faults,
    time-outs, 408, 409, 429 and 5xx, with growing pauses, or after the pause that Retry-After asks for, up to
    two minutes. `known_as` names an endpoint whose address changes from one time to the next; `option` is the
    command's option with which the user named the model.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 300.0
    max_retries: int = 2
    known_as: str | None = None
    option: str = "--llm"

    def client(self) -> "OpenAI":
        """A client for this endpoint.

        Raises `UserError` if there is no key or no usable address, or if the proxy can't be used.
        """
        from openai import OpenAI

        address = self._address()
        try:
            TypeAdapter(AnyHttpUrl | None).validate_python(address)
        except ValidationError as error:
            raise UserError(
                "OPENAI_BASE_URL is no address: it should be like http://127.0.0.1:8080/v1"
            ) from error
        # The client would append the path of a request to the query.
        parts = urlsplit(address or "")
        address, query = urlunsplit((*parts[:3], "", "")) or None, dict(parse_qsl(parts.query))
        key = self.api_key or os.environ.get("OPENAI_API_KEY")
        if not key and address is None:
            raise UserError(
                "no key for the LLM: set OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint of your own"
            )
        if key and not (key.isascii() and key.isprintable()):
            raise UserError("OPENAI_API_KEY holds a letter that no key has: copy it again")
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
        """`text` in one short line, without the key."""
        key = self.api_key or os.environ.get("OPENAI_API_KEY")
        line = " ".join(text.split())
        line = line.replace(key, "***") if key else line
        return line if len(line) <= 200 else line[:200] + "…"

    def _address(self) -> str | None:
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or None


def _http_client(timeout: float, key_in_header: bool) -> "Client":
    """The client's transport; `key_in_header` sends the key in the header that Azure's API reads."""
    from openai import DefaultHttpxClient

    from planner.chat.transport import correct_status, limit_body, move_key_to_header

    on_request = [move_key_to_header] if key_in_header else []
    on_response = [limit_body(timeout), correct_status]
    try:
        return DefaultHttpxClient(event_hooks={"request": on_request, "response": on_response})
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
