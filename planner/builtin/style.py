"""Words about the picture as a picture: its medium, its manner, its finish."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from planner.builtin.lexicon import FINISHES, MEDIA, STYLE_MARKS, word_set

_MEDIUM = "|".join([*sorted(MEDIA, key=len, reverse=True), r"close\s+up"])
_ORDER = (
    r"(?:(?:please\s+)?(?:create|draw|generate|paint|make|show|depict|render|imagine|produce|design)"
    r"\s+(?:me\s+)?)?"
)
_OPENING = re.compile(
    rf"\s*{_ORDER}(?:this\s+is\s+|there\s+is\s+)?(?:an?\s+|the\s+|this\s+)?"
    rf"(?P<style>(?:(?!(?:of|in|on|with|and|a|an|the|is|are|at|to|near|by|next|under|from)\b)[\w-]+,?\s+){{0,6}}?(?:{_MEDIUM}))(?P<manner>\s+in\s+the\s+style\s+of\s+[^,.;:]+?)?"
    r"\s*(?::|,?\s+(?:of|showing|depicting|that\s+shows|featuring|portraying|capturing|which\s+shows))\s+"
)
_MANNER = re.compile(
    r",?\s*(?:\b(?:all|rendered|painted|drawn|done|illustrated|depicted|captured|shot|presented)\s+)?"
    r"\b(?P<style>in\s+the\s+(?:artistic\s+|painting\s+)?(?:style|manner)\s+of\s+[^,.;:]+|in\s+an?\s+(?:[\w-]+\s+){1,4}style\b)"
)
_DONE_IN = re.compile(
    r"\s+in\s+(?P<style>(?:[\w-]+\s+){0,3}?"
    rf"(?:{_MEDIUM}|pastels?|ink|oils?|gouache|acrylics?|charcoal|chalk|crayons?|pencil))(?=\s*(?:[,.;\n]|$|with\b|and\b))"
)
_DONE = re.compile(r"\b(?:painted|drawn|rendered|sketched|illustrated|depicted|executed|done)$")
_ON_STYLE = re.compile(
    r"(?:^|(?<=[.!?]\s))(?:the\s+)?(?:(?:overall|whole|art|artistic|visual|drawing|painting)\s+)?"
    r"(?:style|medium|technique|aesthetic)\s+(?:is|should\s+be|recalls|resembles|imitates|mimics)\s+"
    r"(?:that\s+of\s+)?(?P<style>[^.;\n]+)(?:[.;]|$)"
)
_CHUNK = re.compile(r"(?P<comma>[,.;]\s*)(?P<style>[^,.;\n]+)(?=[,.;\n]|$)")
_SENTENCE_WORDS = word_set("""
    a an the is are has have on under behind beside with and near there his her its their
""")
_PLAIN = frozenset({"picture", "image", "a picture", "an image"})


@dataclass(frozen=True)
class Manner:
    """Words of style in the prompt, from character `start` to `end`."""

    start: int
    end: int
    words: str


def manners(prompt: str) -> tuple[Manner, ...]:
    """The words of style of `prompt`: how it opens ("a photo of"), "in the style of …", and trailing "highly
    detailed, 8k".
    """
    lowered = prompt.lower() if len(prompt.lower()) == len(prompt) else prompt
    return tuple(
        Manner(
            start, end, "" if prompt[first:end_].lower() in _PLAIN else " ".join(prompt[first:end_].split())
        )
        for start, end, first, end_ in _spans(lowered)
    )


def _spans(text: str) -> Iterator[tuple[int, int, int, int]]:
    opening = _OPENING.match(text)
    if opening:
        yield (*opening.span(), *opening.span("style"))
        if opening["manner"]:
            yield (*opening.span("manner"), *opening.span("manner"))
    for match in _MANNER.finditer(text, opening.end() if opening else 0):
        yield (*match.span(), *match.span("style"))
    for match in _DONE_IN.finditer(text):
        if _DONE.search(text, 0, match.start()):
            yield (*match.span(), *match.span("style"))
    for match in _ON_STYLE.finditer(text):
        yield (*match.span(), *match.span("style"))
    for match in _CHUNK.finditer(text):
        if _is_style(match["style"]):
            yield (*match.span(), *match.span("style"))


def _is_style(chunk: str) -> bool:
    words = chunk.split()
    if not 0 < len(words) <= 5:
        return False
    if (words[0] in ("a", "an") and words[-1] in MEDIA) or (words[0] == "with" and words[-1] in FINISHES):
        words = words[1:]
    return not _SENTENCE_WORDS & set(words) and any(word in STYLE_MARKS | FINISHES for word in words)
