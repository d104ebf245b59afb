"""How things stand to one another: a truth table of what the built-in planner reads."""

import pytest

from planner.builtin import BuiltinPlanner
from planner.scene import Predicate, Scene

plan = BuiltinPlanner()


def links(found: Scene) -> list[tuple[str, str, str]]:
    return [(link.subject, link.predicate, link.object) for link in found.relations]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red square left of a blue circle on sand", [("square", "left of", "circle")]),
        ("a cat is to the right of a dog", [("cat", "right of", "dog")]),
        ("to the right of the heart is a blue ring", [("ring", "right of", "heart")]),
        ("a red circle and a blue square. The circle is above the square.", [("circle", "above", "square")]),
        ("a lamp over a table", [("lamp", "above", "table")]),
        ("a shoe beneath a chair", [("shoe", "under", "chair")]),
        ("a vase on top of a shelf", [("vase", "on", "shelf")]),
        ("a vase in the middle of the table", [("vase", "on", "table")]),
        ("a fish inside a jar", [("fish", "inside", "jar")]),
        ("a fox in front of a barn", [("fox", "in front of", "barn")]),
        ("A fox runs. Behind it stands a barn.", [("barn", "behind", "fox")]),
        ("a fork next to a plate", [("fork", "next to", "plate")]),
        ("a man with a dog on his left", [("dog", "left of", "man")]),
        ("a bin with a crate on its left and a drum on its right", [
            ("crate", "left of", "bin"), ("drum", "right of", "bin"),
        ]),
        ("a vase between a cup and a jug", [("vase", "right of", "cup"), ("vase", "left of", "jug")]),
        ("from left to right: a cat, a dog and a bird", [
            ("cat", "left of", "dog"), ("dog", "left of", "bird"),
        ]),
        ("a woman riding a horse", [("woman", "on", "horse")]),
        ("a bowl of soup, a spoon to its left and a napkin to its right", [
            ("spoon", "left of", "bowl"), ("napkin", "right of", "bowl"),
        ]),
        ("a bike and a car parked next to each other", [("bike", "next to", "car")]),
        ("a table with two cakes", [("cake", "on", "table")]),
        ("a cat with a dead bird under its paw", [("bird", "under", "cat")]),
        ("a nun holding a jug and a loaf", [("jug", "in front of", "nun"), ("loaf", "in front of", "nun")]),
        ("a boy with a kite", [("kite", "in front of", "boy")]),
        ("a hare on a mat. The mat is under a stool.", [
            ("hare", "on", "mat"), ("mat", "under", "stool"), ("hare", "under", "stool"),
        ]),
        ("an owl next to a drum, lamp, and kettle", [
            ("owl", "next to", "drum"), ("owl", "next to", "lamp"), ("owl", "next to", "kettle"),
        ]),
        ("an owl next to a drum and a jug of milk", [
            ("owl", "next to", "drum"), ("owl", "next to", "jug"),
        ]),
        ("a desk with a cat sleeping on a chair", [("cat", "on", "chair")]),
        ("five plums and two figs on a shelf", [("plum", "on", "shelf"), ("fig", "on", "shelf")]),
        ("a hare and an owl behind a fence", [("hare", "behind", "fence"), ("owl", "behind", "fence")]),
        ("a hare, a fox, and an owl on a shelf", [("owl", "on", "shelf")]),
        ("two hares, six owls and a drum in front of a barn", [
            ("drum", "in front of", "barn"),
        ]),
        ("a moon above a mill, and a cow behind a fence", [
            ("moon", "above", "mill"), ("cow", "behind", "fence"),
        ]),
        ("an owl next to a drum and shelf with a jug", [
            ("owl", "next to", "drum"), ("owl", "next to", "shelf"), ("jug", "on", "shelf"),
            ("owl", "next to", "jug"),
        ]),
        ("On the left a tall oak, on the right a red barn, and between them five sheep.", [
            ("sheep", "right of", "oak"), ("sheep", "left of", "barn"),
        ]),
        ("A nun sits on the left. A monk sits on the right. Between them a small dog is waiting.", [
            ("dog", "right of", "nun"), ("dog", "left of", "monk"),
        ]),
        ("a ladybug climbs a blade of grass", [("ladybug", "on", "blade of grass")]),
        ("a poster on the side of a van", [("poster", "inside", "van")]),
    ],
)  # fmt: skip
def test_relations(prompt: str, expected: list[tuple[str, Predicate, str]]) -> None:
    assert links(plan(prompt).scene) == expected
