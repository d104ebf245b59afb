"""What the little world's things look like: painted outlines in a frame from -1 to 1, y down."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import Point, Polygon, box
from shapely.geometry.base import BaseGeometry

Paint = Literal["body", "dark", "trunk", "light", "hole"]


@dataclass(frozen=True)
class Outline:
    """A filled outline: points (N, 2) and what it is painted with."""

    points: NDArray[np.float64]
    paint: Paint


@cache
def outlines(kind: str) -> tuple[Outline, ...]:
    """The outlines of a kind of thing, to be painted in order; KeyError for a kind that the world has not."""
    return tuple(Outline(_ring(shape), paint) for shape, paint in _KINDS[kind]())


Painted = list[tuple[BaseGeometry, Paint]]


def _ring(shape: BaseGeometry) -> NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(shapely.get_exterior_ring(shape)), dtype=np.float64)


def _disc(x: float, y: float, rx: float, ry: float | None = None) -> BaseGeometry:
    return affinity.translate(affinity.scale(Point(0, 0).buffer(1, 24), rx, rx if ry is None else ry), x, y)


def _star() -> Painted:
    angles = np.arange(10) * np.pi / 5 - np.pi / 2
    radii = np.where(np.arange(10) % 2 == 0, 1.0, 0.45)
    return [(Polygon(np.stack([radii * np.cos(angles), radii * np.sin(angles) + 0.05], 1)), "body")]


def _heart() -> Painted:
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x = np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 15.5
    return [(Polygon(np.stack([x, y], 1)), "body")]


def _ring_thing() -> Painted:
    return [(_disc(0, 0, 1.0), "body"), (_disc(0, 0, 0.54), "dark"), (_disc(0, 0, 0.46), "hole")]


def _circle() -> Painted:
    return [(_disc(0, 0, 1.0), "body")]


def _square() -> Painted:
    return [(box(-0.88, -0.88, 0.88, 0.88), "body")]


def _triangle() -> Painted:
    return [(Polygon([(0, -0.95), (1, 0.85), (-1, 0.85)]), "body")]


def _diamond() -> Painted:
    return [(Polygon([(0, -1), (0.72, 0), (0, 1), (-0.72, 0)]), "body")]


def _cross() -> Painted:
    return [(box(-0.32, -1, 0.32, 1).union(box(-1, -0.32, 1, 0.32)), "body")]


def _moon() -> Painted:
    return [(_disc(0.1, 0, 1.0).difference(_disc(0.55, -0.1, 0.82)).buffer(0), "body")]


def _flower() -> Painted:
    petals = [_disc(0.58 * np.cos(a), 0.58 * np.sin(a), 0.4) for a in np.arange(6) * np.pi / 3]
    return [(shapely.union_all(petals), "body"), (_disc(0, 0, 0.28), "light")]


def _cloud() -> Painted:
    puffs = [_disc(-0.55, 0.15, 0.42), _disc(0, -0.15, 0.55), _disc(0.55, 0.15, 0.42)]
    return [(shapely.union_all([*puffs, box(-0.6, 0.1, 0.6, 0.57)]), "body")]


def _house() -> Painted:
    roof = Polygon([(-1, -0.1), (0, -0.95), (1, -0.1)])
    return [(box(-0.75, -0.15, 0.75, 0.95), "body"), (roof, "dark"), (box(-0.18, 0.4, 0.18, 0.95), "dark")]


def _tree() -> Painted:
    crown = [_disc(0, -0.45, 0.52), _disc(-0.42, -0.05, 0.42), _disc(0.42, -0.05, 0.42), _disc(0, 0.05, 0.45)]
    return [(box(-0.14, 0.2, 0.14, 1.0), "trunk"), (shapely.union_all(crown), "body")]


def _fish() -> Painted:
    tail = Polygon([(0.45, 0), (1.0, -0.5), (1.0, 0.5)])
    return [(_disc(-0.25, 0, 0.75, 0.5).union(tail), "body"), (_disc(-0.6, -0.12, 0.09), "dark")]


_KINDS = {
    "star": _star, "heart": _heart, "ring": _ring_thing, "circle": _circle, "square": _square,
    "triangle": _triangle, "diamond": _diamond, "cross": _cross, "moon": _moon, "flower": _flower,
    "cloud": _cloud, "house": _house, "tree": _tree, "fish": _fish,
}  # fmt: skip
