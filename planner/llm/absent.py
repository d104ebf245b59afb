"""What must not appear: whether the user said so, and how it is struck from a text.

A text encoder knows no "without": "a park without dogs" draws dogs. So a thing that is absent may stand in
no positive prompt.
"""

from planner.words import find, fold, folded

_DENIALS = """
no not without never none neither nor nothing except excluding exclude minus lacks lacking avoid don't doesn't
isn't aren't free
"""
_LEADS = "a an the any some and or with of by near beside plus"
DENIALS = frozenset(fold(word) for word in _DENIALS.split())
_STARTERS = DENIALS | frozenset(_LEADS.split())
_ARTICLES = frozenset(("a", "an", "the"))
_REACH = 5
"""A denial governs the thing that follows within so many words ("without any of the usual dogs")."""


def asked_for(prompt: str, thing: str) -> bool:
    """Whether the user asks for `thing`: the prompt names it and denies it nowhere."""
    words, phrase = prompt.split(), folded(thing)
    bare = [fold(word) for word in words]
    places: list[int] = []
    while (place := find(bare, phrase, places[-1] + 1 if places else 0)) is not None:
        places.append(place)
    return bool(places) and not any(
        _denied_before(words, place) or bare[place + len(phrase) :][:1] == ["free"] for place in places
    )


def _denied_before(words: list[str], place: int) -> bool:
    """Whether a denial governs what stands at `place`: within reach, and with no new phrase in between."""
    for i in range(place - 1, max(-1, place - 1 - _REACH), -1):
        ends_sentence = words[i][-1] in ".;:!?"
        begins_phrase = fold(words[i]) in _ARTICLES and i > 0 and words[i - 1].endswith(",")
        if ends_sentence or begins_phrase:
            return False
        if fold(words[i]) in DENIALS:
            return True
    return False


def strike(text: str, thing: str) -> str:
    """`text` without `thing`, its articles, adjectives and the word that led to it; other words stay."""
    words, phrase = text.split(), folded(thing)
    while (place := find([fold(word) for word in words], phrase)) is not None:
        words = _cut(words, _beginning(words, place), place + len(phrase))
    while words and fold(words[0]) in {"and", "or", "with", ""}:
        words = words[1:]
    return " ".join(words).rstrip(" ,;")


def _beginning(words: list[str], place: int) -> int:
    """Where the thing's phrase begins: at the nearest starter in its clause, and at those before it."""
    start = place
    for i in range(place - 1, max(-1, place - 1 - _REACH), -1):
        if words[i].endswith((",", ";", ".", ":")):
            break
        if fold(words[i]) in _STARTERS:
            start = i
            break
    while (
        start < place and start > 0 and fold(words[start - 1]) in _STARTERS and words[start - 1][-1].isalnum()
    ):
        start -= 1
    return start


def _cut(words: list[str], start: int, end: int) -> list[str]:
    """The words without [start, end); a full stop at the cut's end is kept."""
    head, stop = words[:start], words[end - 1][-1]
    if head and stop in ".;!?" and head[-1][-1].isalnum():
        head = [*head[:-1], head[-1] + stop]
    return head + words[end:]
