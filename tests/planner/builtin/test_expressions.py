"""Fixed expressions of place are known by their form."""

import pytest

from planner.builtin.expressions import cues
from planner.scene import Predicate


@pytest.mark.parametrize(
    ("text", "horizontal", "vertical"),
    [
        ("in the upper left", "left", "top"),
        ("at the bottom", "center", "bottom"),
        ("along the bottom", "full", "bottom"),
        ("on the right-hand side of the photo", "right", "middle"),
        ("in the middle of the picture", "center", "middle"),
        ("towards the lower right corner", "right", "bottom"),
        ("overhead", None, "top"),
    ],
)
def test_places(text: str, horizontal: str | None, vertical: str | None) -> None:
    (cue,) = cues(f"a cat {text}")
    assert (cue.horizontal, cue.vertical) == (horizontal, vertical)
    assert f"a cat {text}"[cue.start : cue.end] == text


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("to the left of", "left of"),
        ("right of", "right of"),
        ("on the left side of", "left of"),
        ("on top of", "on"),
        ("in front of", "in front of"),
        ("next to", "next to"),
        ("at the foot of", "in front of"),
        ("higher than", "above"),
    ],
)
def test_relations(text: str, predicate: Predicate) -> None:
    (cue,) = cues(f"a cat {text} a dog")
    assert cue.predicate == predicate
    assert not cue.is_place


@pytest.mark.parametrize(
    ("text", "depth"),
    [("in the background", 7), ("in the foreground", 0), ("in the distance", 8), ("in the middle ground", 4)],
)
def test_depths(text: str, depth: int) -> None:
    (cue,) = cues(f"a cat {text}")
    assert cue.depth == depth


@pytest.mark.parametrize(
    "text", ["on the top shelf", "in the left hand", "on the back seat", "a left turn", "leftover"]
)
def test_what_only_describes_a_noun_is_no_place(text: str) -> None:
    assert cues(f"a cat {text}") == ()
