"""What a language model's answers take, counted and priced."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from planner.errors import UserError
from planner.plans import Usage

UNTOLD = Usage(prompt=None, completion=None, requests=1)
"""An answer of which nothing is known."""


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens read, and for a million written."""

    prompt: float
    completion: float

    def of(self, usage: Usage | None) -> float | None:
        """Dollars; None where the tokens aren't known."""
        if usage is None or usage.prompt is None or usage.completion is None:
            return None
        return (self.prompt * usage.prompt + self.completion * usage.completion) / 1e6


def read_price(text: str) -> Price:
    """The prices in "IN,OUT". Raises `UserError` for anything else; whose option it is, the caller says."""
    try:
        prompt, completion = map(float, text.split(","))
    except ValueError:
        prompt = completion = -1.0
    # Not a number is not in a range either.
    if not (0 <= prompt < 1e9 and 0 <= completion < 1e9):
        raise UserError(f"{text}: should be IN,OUT: dollars a million tokens read and written, as 2,8")
    return Price(prompt, completion)


def used(body: Mapping[str, Any]) -> Usage:
    """What one answer took, as far as the endpoint tells."""
    told = body.get("usage")
    known = cast(dict[str, object], told) if isinstance(told, dict) else {}
    prompt, completion = (_number(known.get(f"{part}_tokens")) for part in ("prompt", "completion"))
    return Usage(prompt=prompt, completion=completion, requests=1)


def _number(told: object) -> int | None:
    return told if isinstance(told, int) and told >= 0 else None


def total(usages: Iterable[Usage]) -> Usage | None:
    """The sum; None of nothing, and no tokens where those of one answer aren't known."""
    all_of = tuple(usages)
    if not all_of:
        return None
    return Usage(
        prompt=_sum([usage.prompt for usage in all_of]),
        completion=_sum([usage.completion for usage in all_of]),
        requests=sum(usage.requests for usage in all_of),
        cached=sum(usage.cached for usage in all_of),
    )


def in_words(usage: Usage, cost: float | None) -> str:
    """One line for the user, such as "1,200 + 300 tokens in 2 answers (1 of them cached), $0.0048"."""
    unknown = usage.prompt is None or usage.completion is None
    tokens = "an unknown number of tokens" if unknown else f"{usage.prompt:,} + {usage.completion:,} tokens"
    answers = "1 answer" if usage.requests == 1 else f"{usage.requests:,} answers"
    cached = f" ({usage.cached:,} of them cached)" if usage.cached else ""
    price = "" if cost is None else f", ${cost:.4f}"
    return f"{tokens} in {answers}{cached}{price}"


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
