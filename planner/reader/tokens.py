"""A prompt as the reader sees it: words and signs, a quotation as one word, web-UI syntax left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.quoting import quotations

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LETTERING = 2
"""The word piece that stands for any quotation: the encoder's vocabulary has it unused."""

WINDOW = 448
"""The most word pieces that are read at once; the encoder was trained on 512."""

OVERLAP = 128
"""Word pieces that two windows share, so that each word has some of its neighbours in one of them."""

START, END, UNKNOWN = 101, 102, 100
"""The encoder's pieces at both ends of a window, and for a word that it can't spell."""

LONGEST = 16
"""Pieces of a word that are read; a longer word is cut."""

QUOTED_PROMPT, QUOTED_SPEECH = 0.6, 8
"""From this part of a prompt, and this many words, a quotation is no lettering, but the prompt in quotation
marks.
"""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*|['’]s\b|[^\w\s]|_")

_EXCLUDED = r"(?<![\w-])--no\s+(?:(?!\s--|\n).)+|^[ \t]*Negative prompt:.*$"
_ASIDE = re.compile(
    rf"<\w+:[^<>\s]*>|</?\w+(?:\s[^<>]*)?>|\bhttps?://\S+|\bwww\.\S+|{_EXCLUDED}|^[ \t]*Steps: \d+, .*$"
    r"|(?<![\w-])--[a-z]\w*(?:[ =](?:[\d.:/]+|raw|cute|expressive|scenic)(?!\w))?"
    r"|(?<=[^\W\d])\s*:\d(?:\.\d+)?(?=\s*[)\]}])|\bBREAK\b|^[ \t]*(?:[-*•]|\d+[.)])[ \t]+",
    re.MULTILINE,
)
"""LoRA and HTML tags, addresses, what is excluded and the settings of AUTOMATIC1111, Midjourney's parameters,
weights, the word that divides a prompt, and marks of lists.
"""

_HEEDED = re.compile(r"--no\s|Negative prompt:|[-*•](?!-)|\d+[.)]|BREAK")
"""The matches of `_ASIDE` that the reader obeys: exclusions, lists, and parts."""

_PARTS = re.compile(r"\n+|\bBREAK\b")
"""Line breaks and BREAK, which divide a prompt: the network reads a full stop."""

_WEIGHTED = re.compile(r"\(([^()]*):\d+(?:\.\d+)?\)")
"""Words in brackets with their weight."""


@dataclass(frozen=True)
class Token:
    """A word or sign of a prompt from `start` to `end`; `quoted` if it is a whole quotation."""

    start: int
    end: int
    text: str
    quoted: bool = False


def tokens(prompt: str) -> tuple[Token, ...]:
    """The words and signs of a prompt in their order."""
    found = [
        Token(one.start, one.end, prompt[one.start : one.end], quoted=True)
        for one in quotations(prompt)
        if one.end - one.start < QUOTED_PROMPT * len(prompt)
        or prompt[one.start : one.end].count(" ") < QUOTED_SPEECH - 1
    ]
    hidden = [(one.start, one.end) for one in found]
    hidden += [match.span() for match in _ASIDE.finditer(prompt)]
    found += [Token(*match.span(), match[0]) for match in _PARTS.finditer(prompt)]
    masked = list(prompt)
    for start, end in hidden:
        masked[start:end] = " " * (end - start)
    words = (Token(*match.span(), match[0]) for match in _WORD.finditer("".join(masked)))
    return tuple(sorted((*found, *words), key=lambda token: token.start))


def asides(text: str) -> tuple[str, ...]:
    """The parts of a text that are other programs' syntax and mean nothing to the reader."""
    found = (match[0].strip() for match in _ASIDE.finditer(text))
    return tuple(part for part in found if not _HEEDED.match(part))


def exclusions(prompt: str) -> tuple[str, ...]:
    """What a prompt excludes by other programs' syntax: `--no text, people`, "Negative prompt: blurry"."""
    found = (match[0].strip() for match in re.finditer(_EXCLUDED, prompt, re.MULTILINE))
    lists = (text.removeprefix("--no").removeprefix("Negative prompt:") for text in found)
    parts = (
        " ".join(_ASIDE.sub(" ", part).strip(" ()[]").split()) for text in lists for part in text.split(",")
    )
    return tuple(dict.fromkeys(part for part in parts if part))


def without_asides(text: str) -> str:
    """The text's words without other programs' syntax."""
    plain = " ".join(_ASIDE.sub(" ", _WEIGHTED.sub(r"\1", text)).replace(" ,", ",").split())
    return plain if plain.count("(") == plain.count(")") else plain.replace("(", "").replace(")", "")


def load_pieces(path: Path) -> "Tokenizer":
    """The encoder's word pieces, neither cut nor padded."""
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_file(str(path))
    pieces.no_padding()
    pieces.no_truncation()
    return pieces


@dataclass(frozen=True)
class Window:
    """Word pieces that are read at once, and where among them each word of `words` begins."""

    pieces: tuple[int, ...]
    words: tuple[int, ...]
    first: tuple[int, ...]


def windows(words: Sequence[Token], pieces: "Tokenizer") -> tuple[Window, ...]:
    """The words in overlapping windows; every word is in one at least."""
    spelt: list[list[int]] = []
    for word in words:
        text = "." if _PARTS.fullmatch(word.text) else word.text
        ids = [LETTERING] if word.quoted else pieces.encode(text, add_special_tokens=False).ids[:LONGEST]
        spelt.append(ids or [UNKNOWN])
    found: list[Window] = []
    start = 0
    while start < len(words) or not found:
        ids, first, end = [START], list[int](), start
        while end < len(words) and (len(ids) + len(spelt[end]) < WINDOW or end == start):
            first.append(len(ids))
            ids += spelt[end]
            end += 1
        found.append(Window((*ids[: WINDOW - 1], END), tuple(range(start, end)), tuple(first)))
        if end == len(words):
            break
        # The next window shares `OVERLAP` pieces with this one.
        shared, next_start = 0, end
        while next_start - 1 > start and shared < OVERLAP:
            next_start -= 1
            shared += len(spelt[next_start])
        start = next_start
    return tuple(found)
