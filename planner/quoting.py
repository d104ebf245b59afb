"""Quotation: where words stand in a prompt verbatim, and which words of it are to be lettered.

White space, case and the kind of quotation marks don't count, nor how an accent is encoded.
"""

import re
import unicodedata
from dataclasses import dataclass

from planner.words import is_of_word

_MARKS = str.maketrans({**dict.fromkeys("“”„‟«»「」『』＂", '"'), **dict.fromkeys("‘’‚‛‹›＇`´", "'")})

_ELLIPSIS = re.compile(r"\s*(?:\.{3,}|…|\[…\]|\[\.{3}\])\s*")

MAX_LETTERING = 200
"""Letters between quotation marks; what is longer is a text about the picture, and no lettering in it."""

_DOUBLE = {'"': '"', "＂": "＂", "“": "”", "”": "”", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』"}
_SINGLE = {"'": "'", "‘": "’", "‚": "‘’", "‹": "›", "›": "‹"}
_CLOSING = {**_DOUBLE, **_SINGLE}
"""The marks that open a quotation, and those that close it."""

_AMBIGUOUS = "\"'＂”‘’"
"""Marks that may be an apostrophe, the sign of inches or the other end of a quotation: one that opens a
quotation stands before a word and not behind one.
"""

_ELISION = re.compile(r"['‘](?:\d|(?:twas|tis|til|till|em|cause|round|bout|n)\b)", re.IGNORECASE)
"""What begins with an apostrophe: "'90s" and "'tis"."""


@dataclass(frozen=True)
class Stretch:
    """Letters of a text from `start` to `end`."""

    start: int
    end: int


Occurrence = tuple[Stretch, ...]
"""One place of a quote in a text: a stretch, or one for each part where an ellipsis divides the quote."""


@dataclass(frozen=True)
class Folded:
    """A text in the form in which quotes are compared, and the place in the text of each of its letters."""

    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "Folded":
        """`text` folded: every run of white space is one space."""
        letters: list[tuple[str, int]] = []
        for place, letter in enumerate(text):
            if letter.isspace():
                if letters and letters[-1][0] != " ":
                    letters.append((" ", place))
                continue
            bare = unicodedata.normalize("NFKD", letter.translate(_MARKS)).casefold()
            letters += [(part, place) for part in bare if not part.isspace()]
        return cls("".join(letter for letter, _ in letters), tuple(place for _, place in letters))

    def find(self, quote: str) -> tuple[Occurrence, ...]:
        """Where `quote` stands, place by place; what an ellipsis divides, part behind part.

        Places where it is a part of other words count only if there are no others.
        """
        folded = Folded.of(quote).text.strip()
        if found := self._find(folded) if folded else ():
            return tuple((stretch,) for stretch in found)
        parts: list[Stretch] = []
        for piece in _ELLIPSIS.split(quote):
            if part := Folded.of(piece).text.strip():
                end = parts[-1].end if parts else 0
                behind = next((stretch for stretch in self._find(part) if stretch.start >= end), None)
                if behind is None:
                    return ()
                parts.append(behind)
        return (tuple(parts),) if parts else ()

    def _find(self, folded: str) -> tuple[Stretch, ...]:
        """Where the folded words stand as words of their own; if nowhere, where they are parts of words."""
        spans = [match.span() for match in re.finditer(re.escape(folded), self.text)]

        def is_within_word(edge: int) -> bool:
            return 0 < edge < len(self.text) and self.text[edge - 1 : edge + 1].isalnum()

        alone = [span for span in spans if not any(map(is_within_word, span))]
        return tuple(Stretch(self.places[start], self.places[end - 1] + 1) for start, end in alone or spans)


def lettering(prompt: str) -> tuple[str, ...]:
    """The texts between quotation marks of any kind in `prompt`, each once, in their order.

    An apostrophe is no quotation mark, nor is the sign of inches or minutes.
    """
    parts = (prompt[one.start + 1 : one.end - 1] for one in quotations(prompt))
    texts = (" ".join(part.split()).rstrip("\\") for part in parts)
    return tuple(dict.fromkeys(texts))


def quotations(prompt: str) -> tuple[Stretch, ...]:
    """Where the lettering stands, with its quotation marks."""
    found: list[Stretch] = []
    place = 0
    while place < len(prompt):
        end = _closed(prompt, place) if _opens(prompt, place) else None
        if end is None:
            place += 1
            continue
        least = 2 if prompt[place] in _SINGLE else 1
        if sum(map(str.isalnum, prompt[place + 1 : end])) >= least:
            found.append(Stretch(place, end + 1))
        place = end + 1
    return tuple(found)


def says(text: str, letters: str) -> bool:
    """Whether `text` has `letters` verbatim; white space and the kind of inner quotation marks don't count.

    A full stop or comma at the end may belong to the sentence, and need not be in `text`.
    """
    return _plain(letters).rstrip(".,;") in _plain(text)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).translate(_MARKS).split())


def _opens(prompt: str, at: int) -> bool:
    """Whether a quotation may open at `at`."""
    mark, before, behind = prompt[at], prompt[at - 1 : at], prompt[at + 1 : at + 2]
    if mark not in _CLOSING or _ELISION.match(prompt, at):
        return False
    return mark not in _AMBIGUOUS or (not is_of_word(before) and bool(behind.strip()))


def _closed(prompt: str, start: int) -> int | None:
    """Where the quotation that opens at `start` closes; None where that is not within `MAX_LETTERING`.

    An apostrophe does not close it, nor does a mark that might open another: these stand before a word.
    """
    for at in range(start + 1, min(start + MAX_LETTERING + 2, len(prompt))):
        doubtful = prompt[at] in "'’" or prompt[at] == prompt[start]
        if prompt[at] in _CLOSING[prompt[start]] and not (doubtful and is_of_word(prompt[at + 1 : at + 2])):
            return at
    # Some keyboards open with a curly mark and close with a straight one.
    straight = prompt.find('"', start + 1, start + MAX_LETTERING + 2) if prompt[start] in "“„" else -1
    return straight if straight >= 0 else None
