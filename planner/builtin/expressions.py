"""The forms of the fixed expressions: one pattern a kind, most specific first."""

import re
from collections.abc import Callable, Iterator

from planner.builtin.cues import NEARBY, Cue
from planner.scene import Horizontal, Predicate, Vertical

_BESIDE, _WITHIN = "beside", "within"
_CANVAS = (
    r"(?:picture|image|photo|photograph|frame|scene|canvas|composition|painting|view|shot|illustration|artwork"
    r"|screen|drawing|page)"
)
_OF_CANVAS = rf"(?:\s+of\s+(?:the|this|an?)\s+{_CANVAS})"
_SIDE = r"(?:left|right)(?:-hand|\s+hand(?=\s+(?:side|corner|edge)))?"
_DIRECTION = rf"(?:upper|top|lower|bottom|middle|central|center|centre|mid|{_SIDE})"
_DIRECTIONS = rf"(?P<where>{_DIRECTION}(?:[\s-]+{_DIRECTION})*)"
_AREA = r"(?:\s+(?:side|corner|part|half|third|edge|portion|area|section|quadrant|end|region|margin))"
_DEGREE = r"(?:(?:far|very|extreme|immediate|direct|exact|dead)\s+)?"
# Nouns that "left", "top" and the like only describe.
_DESCRIBED = (
    r"(?!\s+(?:shelf|shelves|floor|bunk|drawer|step|row|level|deck|hand|arm|leg|foot|eye|ear|wing|shoulder|lane|bank|wheel|paw"
    r"|ages?|branch|branches|rack|story|storey|button|ground|distance|column|class|lip|shoe|knee|cheek|hip|fin|horn|page|door"
    r"|window|sleeve|glove|sock|boot|hat|half|class|aged|eastern|east)\b)"
)
_OPEN = r"(?!\s+of\b)"

_CANVAS_PLACE = re.compile(
    rf"\b(?:in|at|on|to|towards?|near|along|across|from|into)\s+(?:the\s+)?{_DEGREE}{_DIRECTIONS}(?:{_AREA})?"
    rf"(?:{_OF_CANVAS}|{_OPEN}{_DESCRIBED})(?![\w-])"
)
_BARE_PLACE = re.compile(
    rf"\b{_DEGREE}(?P<where>(?:upper|top|lower|bottom|cent(?:er|re)|middle)[\s-](?:{_SIDE}|cent(?:er|re)))(?:{_AREA})?"
    rf"(?:{_OF_CANVAS}|{_OPEN}{_DESCRIBED})(?![\w-])"
)
_LABEL_PLACE = re.compile(rf"(?:^|(?<=[.;,\n]))\s*(?:the\s+)?{_DIRECTIONS}(?:{_AREA})?(?=\s*:)")
_CLAUSE_PLACE = re.compile(
    r"(?<=,)\s*(?:far\s+)?(?P<where>left|right|top|bottom|center|centre)(?=\s*(?:[,.;]|$))"
)
_SIDE_OF = re.compile(
    rf"\b(?:(?:directly|just|slightly|immediately|off)\s+)?(?:(?:to|on|at|in)\s+)?(?:the\s+)?{_DEGREE}(?P<side>left|right)(?:-hand|\s+hand(?=\s+side))?"
    rf"(?:\s+side)?\s+(?:of|from)\b"
)
_ITS_SIDE = re.compile(
    r"\b(?:to|on|at)\s+(?:its|his|her|their)\s+(?:immediate\s+)?(?P<side>left|right)(?:-hand|\s+hand(?=\s+side))?(?:\s+side)?\b"
    + _DESCRIBED
)
_MIDDLE_OF = re.compile(r"\b(?:in|at|into)\s+the\s+(?:very\s+)?(?:middle|center|centre|heart|midst)\s+of\b")
_DEPTH = re.compile(
    r"\b(?:in|into|at|against|from)\s+the\s+(?:far\s+|blurred\s+|blurry\s+|near\s+|hazy\s+|immediate\s+)?"
    r"(?P<where>background|backdrop|distance|foreground|midground|middle\s?ground|mid-ground|middle\s+distance|far\s+distance|"
    rf"rear|front|back)(?:{_OF_CANVAS}|{_OPEN})(?![\w-])(?!\s+(?:seat|row|yard|door|pocket|porch|wheel|leg|page|room|garden)s?\b)"
)
_HORIZON = re.compile(r"\b(?:on|at|along|over|near|above|across)\s+the\s+(?:distant\s+|far\s+)?horizon\b")
_ALOFT = re.compile(
    r"\b(?:overhead|up\s+above|far\s+above|high\s+up|high\s+above(?=\s*[,.;]|\s*$)|in\s+mid-?air)\b"
)
_ORDER = re.compile(
    r"(?:,\s*)?\b(?:(?:arranged|lined\s+up|ordered|standing|placed|shown|sitting)\s+)?(?:in\s+(?:order|a\s+row|a\s+line),?\s+)?"
    r"from\s+(?:the\s+)?(?P<first>left|right|top|bottom)\s+to\s+(?:the\s+)?(?:left|right|top|bottom)\s*:?"
    r"|^\s*(?P<label>left|right|top|bottom)[\s-]to[\s-](?:left|right|top|bottom)\s*:"
)
_IN_CANVAS = re.compile(
    rf"\s*\b(?:in|within|throughout|inside)\s+(?:the|this)\s+(?:whole\s+|entire\s+)?{_CANVAS}(?!\s+of)\b,?"
)

_ALL_OF_IT = re.compile(
    r"\s*\ball\s+of\s+(?:it|this|them)\b(?=\s+(?:at|on|in|by|under|against|over|above|during|before)\b)"
)
_SIDE_BY_SIDE = re.compile(r"\s*\bside\s+by\s+side\b(?=\s+(?:on|at|in)\s+the\b)")
_AND = re.compile(r"\b(?:together|along|paired|coupled)\s+with\b")

_RELATIONS: tuple[tuple[str, Predicate], ...] = (
    (r"(?:right\s+|directly\s+)?in\s+front\s+of", "in front of"),
    (r"(?:right\s+|directly\s+)?in\s+back\s+of|(?:at|in|on)\s+the\s+back\s+of(?=\s+the\b)", "behind"),
    (r"(?:on|at)\s+(?:the\s+)?(?:very\s+)?(?:top|back|surface)\s+of|perched\s+atop|on\s+to", "on"),
    (r"(?:at|on|by)\s+the\s+(?:base|foot|bottom|front)\s+of", "in front of"),
    (
        r"(?:right\s+|directly\s+)?next\s+to|close\s+to|adjacent\s+to|side\s+by\s+side\s+with|alongside\s+of|in\s+the\s+company\s+of"
        r"|(?!on\s+the\s+side\b)(?:to|on|at|by|near)\s+(?:the|one|either|both|each)\s+(?:side|sides|edge|end)\s+of|surrounded\s+by|flanked\s+by"
        r"|accompanied\s+by|bordered\s+by|next\s+door\s+to|around\s+the\s+corner\s+from",
        "next to",
    ),
    (r"on\s+the\s+side\s+of|inside\s+of|in\s+the\s+interior\s+of|filled\s+into", "inside"),
    (r"(?:high|directly|right|just|up|hovering|floating|hanging)\s+(?:above|over)|higher\s+than", "above"),
    (r"(?:directly|right|just)\s+(?:below|under|beneath|underneath)|lower\s+than", "below"),
)  # fmt: skip
_RELATION: tuple[tuple[re.Pattern[str], Predicate], ...] = tuple(
    (re.compile(rf"\b(?:{form})\b"), predicate) for form, predicate in _RELATIONS
)

_HORIZONTALS: dict[str, Horizontal] = {"left": "left", "right": "right"}
_VERTICALS: dict[str, Vertical] = {"upper": "top", "top": "top", "lower": "bottom", "bottom": "bottom"}
_DEPTHS = {
    "foreground": 0,
    "front": 0,
    "midground": 4,
    "middle": 4,
    "mid": 4,
    "background": 7,
    "backdrop": 7,
    "rear": 7,
    "back": 7,
}
_FARTHEST = 8
"""Depth of the horizon and of what is "in the distance"."""


def cues(prompt: str) -> tuple[Cue, ...]:
    """The fixed expressions of `prompt`, in order and without overlap; of two that start together the first
    kind wins.
    """
    lowered = prompt.lower() if len(prompt.lower()) == len(prompt) else prompt
    found = sorted((cue for kind in _KINDS for cue in kind(lowered)), key=lambda cue: cue.start)
    kept: list[Cue] = []
    for cue in found:
        if not kept or cue.start >= kept[-1].end:
            kept.append(cue)
    return tuple(kept)


def _places(text: str) -> Iterator[Cue]:
    for pattern in (_CANVAS_PLACE, _BARE_PLACE, _LABEL_PLACE, _CLAUSE_PLACE):
        for match in pattern.finditer(text):
            words = re.split(r"[\s-]+", match["where"])
            horizontals: list[Horizontal] = [_HORIZONTALS[word] for word in words if word in _HORIZONTALS]
            verticals: list[Vertical] = [_VERTICALS[word] for word in words if word in _VERTICALS]
            across: Horizontal = "full" if match[0].lstrip().startswith(("along", "across")) else "center"
            yield Cue(
                *match.span(),
                word=NEARBY,
                horizontal=horizontals[0] if horizontals else across,
                vertical=verticals[0] if verticals else "middle",
            )


def _depths(text: str) -> Iterator[Cue]:
    for match in _DEPTH.finditer(text):
        word = re.split(r"[\s-]+", match["where"])[0].removesuffix("ground") or match["where"]
        depth = _DEPTHS.get(match["where"], _DEPTHS.get(word, _FARTHEST))
        yield Cue(
            *match.span(),
            word=NEARBY,
            depth=_FARTHEST if "distance" in match["where"] and word != "middle" else depth,
        )
    for match in _HORIZON.finditer(text):
        yield Cue(*match.span(), word=NEARBY, depth=_FARTHEST, vertical="middle")
    for match in _ALOFT.finditer(text):
        yield Cue(*match.span(), word=NEARBY, vertical="top")


def _sides(text: str) -> Iterator[Cue]:
    sides: dict[str, Predicate] = {"left": "left of", "right": "right of"}
    for match in _ITS_SIDE.finditer(text):
        yield Cue(*match.span(), word=NEARBY, predicate=sides[match["side"]], reflexive=True)
    for match in _SIDE_OF.finditer(text):
        if not re.match(rf"\s+(?:the|this|an?)\s+{_CANVAS}\b", text[match.end() :]):
            yield Cue(*match.span(), word=_BESIDE, predicate=sides[match["side"]])


def _relations(text: str) -> Iterator[Cue]:
    for match in _MIDDLE_OF.finditer(text):
        if not re.match(rf"\s+(?:the|this|an?)\s+{_CANVAS}\b", text[match.end() :]):
            yield Cue(*match.span(), word=_WITHIN, predicate="inside", middle=True)
    for pattern, predicate in _RELATION:
        for match in pattern.finditer(text):
            yield Cue(*match.span(), word=_BESIDE, predicate=predicate)


def _orders(text: str) -> Iterator[Cue]:
    orders: dict[str, Predicate] = {"left": "left of", "right": "right of", "top": "above", "bottom": "below"}
    for match in _ORDER.finditer(text):
        yield Cue(*match.span(), order=orders[match["first"] or match["label"]])


def _joints(text: str) -> Iterator[Cue]:
    for match in _AND.finditer(text):
        yield Cue(*match.span(), word="besides")


def _fillers(text: str) -> Iterator[Cue]:
    """What says nothing that a plan would be without: things of a kind stand in line anyway."""
    for pattern in (_IN_CANVAS, _ALL_OF_IT, _SIDE_BY_SIDE):
        for match in pattern.finditer(text):
            yield Cue(*match.span())


_KINDS: tuple[Callable[[str], Iterator[Cue]], ...] = (
    _orders,
    _sides,
    _places,
    _depths,
    _relations,
    _joints,
    _fillers,
)
