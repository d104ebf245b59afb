"""An endpoint whose model really looks: it decodes the picture that a request brings, and answers by its
pixels and the little world's own detector. Its answers say nothing about the quality of a judge.
"""

import base64
import io
import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from evals.world.detector import Detection, detect
from planner.words import folded

if TYPE_CHECKING:
    from tests.conftest import Script

Json = dict[str, Any]
COLOURS = {"red": (214, 34, 38), "blue": (40, 80, 215), "green": (24, 140, 60)}
USED = {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102}


def part_of(request: Json, kind: str) -> Any:
    """The one part of a kind in what the user says."""
    (turn,) = (turn for turn in request["messages"] if turn["role"] == "user")
    (part,) = (part for part in turn["content"] if part["type"] == kind)
    return part[kind]


def picture_in(request: Json) -> Image.Image:
    kind, _, data = part_of(request, "image_url")["url"].partition(";base64,")
    assert kind == "data:image/png"
    return Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB")


def share(image: Image.Image, colour: str) -> float:
    """The share of a picture that has about this colour."""
    far = np.abs(np.asarray(image, dtype=np.int16) - np.array(COLOURS[colour])).max(axis=2)
    return float((far < 60).mean())


@cache
def detected(pixels: bytes, size: tuple[int, int]) -> list[Detection]:
    return detect(Image.frombytes("RGB", size, pixels))


def spots(image: Image.Image, text: str) -> list[Detection]:
    """The things in a picture that a question names, in its colour where it says one."""
    words = set(folded(text))
    colours = words & COLOURS.keys()
    found = detected(image.tobytes(), image.size)
    return [d for d in found if d.kind in words and (d.colour in colours or not colours)]


def look(image: Image.Image, text: str) -> bool | int:
    """The answer to a question, by the picture's pixels."""
    if found := re.search("(whole picture|something) (.+)[?]", text):
        return share(image, found[2]) > (0.9 if found[1] == "whole picture" else 0.01)
    if found := re.search("the (.+) (right of|above) the (.+)[?]", text):
        axis, sign = (0, 1) if found[2] == "right of" else (1, -1)
        some, others = ([d.centre[axis] for d in spots(image, found[i])] for i in (1, 3))
        return any(sign * (a - b) > 0 for a in some for b in others)
    return len(spots(image, text)) if text.startswith("How many") else bool(spots(image, text))


def sees(request: Json) -> tuple[str, Json | None]:
    """A model that looks at the picture; asked for a probability, it is a little less sure."""
    image, text = picture_in(request), part_of(request, "text")
    if not request.get("logprobs"):
        answer = look(image, text)
        given = ("no", "yes")[answer] if isinstance(answer, bool) else answer
        return json.dumps({"answer": given}), None
    if text.startswith("Does this figure show"):
        return likeliest({"Yes": share(image, "red"), "No": 1 - share(image, "red")})
    answer = look(image, text)
    if isinstance(answer, bool):
        return likeliest({"Yes": 0.5, " yes": 0.25, "No": 0.125} if answer else {"No": 0.9, "yes": 0.1})
    return likeliest({str(answer): 0.5, "two": 0.25})


def likeliest(tokens: dict[str, float]) -> tuple[str, Json]:
    logprobs = [
        {"token": token, "logprob": math.log(max(p, 1e-9)), "bytes": None} for token, p in tokens.items()
    ]
    return next(iter(tokens)), {"content": [{**logprobs[0], "top_logprobs": logprobs}], "refusal": None}


@pytest.fixture
def eye(script: "Script", monkeypatch: pytest.MonkeyPatch) -> "Script":
    """An endpoint whose model looks at pictures, with its address in the environment."""
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.sees = sees
    script.usage = USED
    return script


@pytest.fixture
def shown() -> Callable[[Json], Image.Image]:
    """The picture that a request brings."""
    return picture_in


@pytest.fixture
def redness() -> Callable[[Image.Image], float]:
    """The probability that the model gives to a picture showing what it should: how red it is."""
    return lambda image: share(image.convert("RGB"), "red")
