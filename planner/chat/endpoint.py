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
    """Where a model is asked, and how patiently.

    `base_url` and `api_key` default to OPENAI_BASE_URL and OPENAI_API_KEY, as the openai client's own do;
    an endpoint of the user's own needs no key. A query of the address, such as ?api-version=…, goes along
    with every request. `timeout` is in seconds: so long may one try wait for an answer to begin, and so long
    again for its end. Connection faults, time-outs, 408, 409, 429 and 5xx are tried `max_retries` times more
    by the openai client, with growing pauses, or as long as Retry-After says up to two minutes. `known_as`
    names an endpoint whose address changes from one time to the next; `option` is where the user named the
    model.
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

        Raises `UserError` where no key or no usable address is given, or the proxy can't be used.
        """
        from openai import OpenAI

        address = self._address()
        try:
            TypeAdapter(AnyHttpUrl | None).validate_python(address)
        except ValidationError as error:
            raise UserError(
                "OPENAI_BASE_URL is no address: it should be like http://127.0.0.1:8080/v1"
            ) from error
        address, query = _without_query(address)
        return OpenAI(
            base_url=address,
            api_key=self._key(address),
            default_query=query,
            timeout=self.timeout,
            max_retries=self.max_retries,
            http_client=_http_client(self.timeout, by_header="api-version" in query),
        )

    @property
    def label(self) -> str:
        """The endpoint's address for messages: without user, password and query."""
        parts = urlsplit(self._address() or "https://api.openai.com/v1")
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}".rstrip("/")

    @property
    def identity(self) -> str:
        """By what the endpoint and its model are remembered."""
        return f"{self.known_as or self.label} {self.model}"

    def redact(self, text: str) -> str:
        """`text` in one short line, without the key."""
        key = self.api_key or os.environ.get("OPENAI_API_KEY")
        line = " ".join(text.split())
        line = line.replace(key, "***") if key else line
        return line if len(line) <= 200 else line[:200] + "…"

    def _address(self) -> str | None:
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or None

    def _key(self, address: str | None) -> str:
        key = self.api_key or os.environ.get("OPENAI_API_KEY")
        if not key and address is None:
            raise UserError(
                "no key for the LLM: set OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint of your own"
            )
        if key and not (key.isascii() and key.isprintable()):
            raise UserError("OPENAI_API_KEY holds a letter that no key has: copy it again")
        return key or "none"


def _without_query(address: str | None) -> tuple[str | None, dict[str, str]]:
    """The address without its query, and that: the client would put the path of a request behind both."""
    parts = urlsplit(address or "")
    return urlunsplit((*parts[:3], "", "")) or None, dict(parse_qsl(parts.query))


def _http_client(timeout: float, by_header: bool) -> "Client":
    """The client's transport; `by_header` shows the key as Azure's API takes it."""
    from openai import DefaultHttpxClient

    from planner.chat.transport import bounded, key_by_header, with_true_status

    keyed = [key_by_header] if by_header else []
    answered = [bounded(timeout), with_true_status]
    try:
        return DefaultHttpxClient(event_hooks={"request": keyed, "response": answered})
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
