"""How likely an answer is, by the probabilities that an endpoint tells for the first token of a reply."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inflect
from pydantic import BaseModel, TypeAdapter, ValidationError

from evals.benchmarks.samples import Reply
from planner.caches import cache_folder
from planner.chat.endpoint import Endpoint
from planner.chat.extract import at
from planner.chat.failures import RefusedError
from planner.chat.modes import Messages
from planner.chat.requests import Question, complete
from planner.errors import WorldError

if TYPE_CHECKING:
    from openai import OpenAI

Likely = tuple[str, float]
"""A token and the logarithm of its probability."""

TOP = (20, 5)
"""So many of the likeliest tokens are asked for: endpoints differ in how many they tell."""

MOST = 20
"""Numbers up to this are known in words; beyond, no tokenizer has one token for them."""


MEANT = 0.5
"""A reply is meant as an answer where answers hold this much of the probability: else it says how a model
begins its sentences, and not what it sees.
"""

_silent: set[tuple[Path, str]] = set()
"""Endpoints that were found to tell nothing, which are not asked for every question again."""


class _Token(BaseModel):
    """A token as an endpoint tells it."""

    token: str
    logprob: float


_LIKELIEST = TypeAdapter(tuple[_Token, ...])


class UntoldError(WorldError):
    """The endpoint tells no probabilities, or none of an answer."""


def first_reply(client: "OpenAI", endpoint: Endpoint, messages: Messages) -> Mapping[str, Any]:
    """The first token of a reply, with the likeliest ones in its place, as the endpoint answers it.

    Raises `UntoldError` where the endpoint doesn't tell them, `WorldError` where it fails after its retries
    and `UserError` where the key or the model's name is wrong.
    """
    place = cache_folder(), endpoint.identity
    for top in () if place in _silent else TOP:
        options = {"temperature": 0.0, "max_tokens": 1, "logprobs": True, "top_logprobs": top}
        try:
            completion = complete(client, endpoint, Question(messages, options)).body
        except RefusedError:
            continue
        if first_tokens(completion):
            return completion
    _silent.add(place)
    raise UntoldError(f"the LLM endpoint {endpoint.label} tells no log probabilities of {endpoint.model}")


def first_tokens(completion: Mapping[str, Any]) -> tuple[Likely, ...]:
    """The likeliest first tokens of a reply; none where the endpoint doesn't tell."""
    told = at(completion, "choices", 0, "logprobs", "content", 0, "top_logprobs")
    try:
        return tuple((one.token, one.logprob) for one in _LIKELIEST.validate_python(told or ()))
    except ValidationError:
        return ()


def probability(answer: Reply, tokens: Sequence[Likely]) -> float | None:
    """The probability of `answer` in all its spellings; 0 where only other answers are among the tokens.

    None where answers of that kind together are unlikely, so that nothing is known.
    """
    rivals = ("yes", "no") if isinstance(answer, str) else (*range(MOST + 1), answer)
    if _sum(tokens, (spelling for rival in rivals for spelling in _spellings(rival))) < MEANT:
        return None
    return _sum(tokens, _spellings(answer))


def _sum(tokens: Iterable[Likely], spellings: Iterable[str]) -> float:
    wanted = frozenset(spellings)
    return min(1.0, math.fsum(math.exp(log) for token, log in tokens if token.strip().lower() in wanted))


@cache
def _spellings(answer: Reply) -> tuple[str, ...]:
    if isinstance(answer, str):
        return (answer,)
    return (str(answer), str(inflect.engine().number_to_words(answer)))  # pyright: ignore[reportArgumentType]


def geometric_mean(values: Sequence[float]) -> float:
    """The n-th root of the product of n values from 0 to 1; 0 where one of them is."""
    return math.exp(math.fsum(map(math.log, values)) / len(values)) if all(values) else 0.0
