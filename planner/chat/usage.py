"""What a language model's answers cost: tokens counted, summed and priced."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from planner.chat.extract import at
from planner.errors import UserError
from planner.plans import Usage

MAX_TOKENS = 10**12
"""A larger number is no count of tokens."""


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens read, and for a million written."""

    prompt: float
    completion: float

    def of(self, usage: Usage | None) -> float | None:
        """Dollars; None if the tokens aren't known."""
        if usage is None or usage.prompt is None or usage.completion is None:
            return None
        return (self.prompt * usage.prompt + self.completion * usage.completion) / 1e6


def read_price(text: str) -> Price:
    """The prices in "IN,OUT". Raises `UserError` for anything else; the caller adds the option."""
    try:
        prompt, completion = map(float, text.split(","))
    except ValueError:
        prompt = completion = -1.0
    # NaN is in no range.
    if not (0 <= prompt < 1e9 and 0 <= completion < 1e9):
        raise UserError(f"{text}: should be IN,OUT: dollars a million tokens read and written, as 2,8")
    return Price(prompt, completion)


def used(body: Mapping[str, Any]) -> Usage:
    """The usage of one answer, as far as the endpoint states it."""

    def tokens(name: str) -> int | None:
        count = at(body, "usage", name)
        # JSON's true is an int in Python.
        return count if type(count) is int and 0 <= count <= MAX_TOKENS else None

    return Usage(prompt=tokens("prompt_tokens"), completion=tokens("completion_tokens"), requests=1)


def total(usages: Iterable[Usage]) -> Usage | None:
    """The sum; None if there are none, and no number of tokens if that of one answer isn't known."""
    known = tuple(usages)
    if not known:
        return None
    prompts = [usage.prompt for usage in known if usage.prompt is not None]
    completions = [usage.completion for usage in known if usage.completion is not None]
    return Usage(
        prompt=sum(prompts) if len(prompts) == len(known) else None,
        completion=sum(completions) if len(completions) == len(known) else None,
        requests=sum(usage.requests for usage in known),
        cached=sum(usage.cached for usage in known),
    )


def in_words(usage: Usage, cost: float | None) -> str:
    """One line for the user, such as "1,200 + 300 tokens in 2 answers (1 of them cached), $0.0048"."""
    unknown = usage.prompt is None or usage.completion is None
    tokens = "an unknown number of tokens" if unknown else f"{usage.prompt:,} + {usage.completion:,} tokens"
    answers = "1 answer" if usage.requests == 1 else f"{usage.requests:,} answers"
    cached = f" ({usage.cached:,} of them cached)" if usage.cached else ""
    price = "" if cost is None else f", ${cost:.4f}"
    return f"{tokens} in {answers}{cached}{price}"
