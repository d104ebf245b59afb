"""An OpenAI-compatible endpoint and the model behind it."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from planner.errors import UserError

if TYPE_CHECKING:
    from openai import OpenAI


@dataclass(frozen=True)
class Endpoint:
    """Where a model is asked, and how patiently.

    `base_url` and `api_key` default to OPENAI_BASE_URL and OPENAI_API_KEY, as the openai client's own do;
    an endpoint of the user's own needs no key. `timeout` is in seconds: so long may one try wait
    for an answer to begin, and so long again for its end. Connection
    faults, time-outs, 408, 409, 429 and 5xx are tried `max_retries` times more by the openai client, with
    growing pauses, or as long as Retry-After says up to two minutes. `known_as` names an endpoint whose
    address changes from one time to the next; `option` is where the user named the model.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 120.0
    max_retries: int = 2
    known_as: str | None = None
    option: str = "--llm"

    def client(self) -> "OpenAI":
        """A client for this endpoint; raises `UserError` where no key or no usable address is given."""
        from openai import DefaultHttpxClient, OpenAI

        from planner.llm.patience import bounded

        address = self._address()
        try:
            TypeAdapter(AnyHttpUrl | None).validate_python(address)
        except ValidationError as error:
            raise UserError(
                "OPENAI_BASE_URL is no address: it should be like http://127.0.0.1:8080/v1"
            ) from error
        return OpenAI(
            base_url=address,
            api_key=self._key(address),
            timeout=self.timeout,
            max_retries=self.max_retries,
            http_client=DefaultHttpxClient(event_hooks={"response": [bounded(self.timeout)]}),
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
