"""Facts to pixels: a composition drawn with Pillow, antialiased."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shapely import affinity
from shapely.geometry import Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from evals.world.facts import COLOURS, Composition, Setting, Thing

Colour = tuple[int, int, int]

_OVERSAMPLE = 3
_SKIES: dict[str, tuple[Colour, Colour]] = {
    "day": ((110, 180, 240), (200, 228, 250)),
    "night": ((10, 14, 42), (38, 42, 92)),
    "sunset": ((150, 80, 130), (250, 170, 110)),
    "fog": ((176, 182, 188), (206, 210, 212)),
}
_GROUNDS: dict[str, Colour] = {
    "grass": (122, 170, 84),
    "sand": (222, 196, 140),
    "snow": (232, 238, 246),
    "sea": (64, 130, 160),
    "road": (120, 118, 120),
}
_WALLS: dict[str, Colour] = {
    "white": (238, 238, 236),
    "gray": (150, 150, 152),
    "blue": (130, 160, 205),
    "cream": (240, 224, 190),
}
_LIGHT: dict[str, float] = {"day": 1.0, "night": 0.36, "sunset": 0.8, "fog": 0.9}
_TRUNK: Colour = (104, 72, 44)

Paint = Literal["body", "dark", "trunk", "light", "hole"]


@dataclass(frozen=True)
class Outline:
    """A filled outline: points (N, 2) in a frame from -1 to 1, y down, and what it is painted with."""

    points: NDArray[np.float64]
    paint: Paint


def draw(composition: Composition) -> Image.Image:
    """The picture of a composition, RGB, (side, side)."""
    picture = Image.fromarray(backdrop(composition.setting, composition.side, composition.seed))
    for thing in composition.things:
        draw_thing(picture, thing)
    return picture


def backdrop(setting: Setting, side: int, seed: int) -> NDArray[np.uint8]:
    """The setting alone, uint8 (side, side, 3)."""
    rng = np.random.default_rng((2, seed))
    if setting.wall is not None:
        pixels = np.broadcast_to(np.array(_WALLS[setting.wall], np.float32), (side, side, 3))
    else:
        top, low = (np.array(c, np.float32) for c in _SKIES[setting.sky or "day"])
        rows = np.linspace(0, 1, side, dtype=np.float32)[:, None, None]
        pixels = np.broadcast_to(top + (low - top) * rows / setting.horizon, (side, side, 3)).copy()
        horizon, ground = round(setting.horizon * side), setting.ground or "grass"
        height = side - horizon
        near = np.linspace(0.9, 1.05, height, dtype=np.float32)[:, None, None]
        textured = np.array(_GROUNDS[ground], np.float32) + _texture(ground, height, side, rng)[..., None]
        pixels[horizon:] = textured * near * _LIGHT[setting.sky or "day"]
    return np.clip(pixels * rng.uniform(0.96, 1.04), 0, 255).astype(np.uint8)


def _texture(ground: str, height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """What is added to the ground's colour: blades of grass, grains of sand, waves, or one shade."""
    match ground:
        case "grass":
            strokes = rng.normal(0, 9, (height // 6 + 1, width // 2 + 1)).astype(np.float32)
            return strokes.repeat(6, 0).repeat(2, 1)[:height, :width]
        case "sand":
            grains = rng.normal(0, 5, (height // 2 + 1, width // 2 + 1)).astype(np.float32)
            return grains.repeat(2, 0).repeat(2, 1)[:height, :width]
        case "sea":
            y, x = np.mgrid[:height, :width].astype(np.float32)
            return 16 * np.sin(y / 2.6 + 1.5 * np.sin(x / 17 + rng.uniform(0, 6)))
        case _:
            return np.full((height, width), rng.normal(0, 3), np.float32)


def draw_thing(picture: Image.Image, thing: Thing) -> None:
    """Draw `thing` into `picture`."""
    paste_sprite(picture, sprite_of(thing, COLOURS[thing.colour]), thing)


def paste_sprite(picture: Image.Image, sprite: Image.Image, thing: Thing) -> None:
    """Lay a sprite (RGBA) over `picture` with its middle where `thing` has its centre."""
    picture.paste(sprite, (round(thing.x - sprite.width / 2), round(thing.y - sprite.height / 2)), sprite)


def sprite_of(thing: Thing, body: Colour) -> Image.Image:
    """`thing` alone in the colour `body`: RGBA, its diameter and a rim of two pixels."""
    side = round(thing.diameter) + 4
    # A rim darker than the thing, or lighter where the thing is nearly black, keeps it visible on any ground.
    edge = _mix(body, (110, 110, 116), 0.8) if sum(body) < 120 else _mix(body, (0, 0, 0), 0.42)
    paints = {
        "body": (*body, 255),
        "dark": (*edge, 255),
        "trunk": (*_TRUNK, 255),
        "light": (*_mix(body, (255, 255, 255), 0.6), 255),
        "hole": (*edge, 0),
    }
    fine = side * _OVERSAMPLE
    sprite = Image.new("RGBA", (fine, fine), (*edge, 0))
    pen = ImageDraw.Draw(sprite)
    width = max(3, round(thing.diameter * 0.035 * _OVERSAMPLE))
    tilt = np.deg2rad(thing.tilt)
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    for outline in outlines(thing.kind):
        points = outline.points @ turn * (thing.diameter / 2 * _OVERSAMPLE) + fine / 2
        flat = [(float(x), float(y)) for x, y in points]
        rim, rim_width = (paints["hole"], 1) if outline.paint == "hole" else (paints["dark"], width)
        pen.polygon(flat, fill=paints[outline.paint], outline=rim, width=rim_width)
    return sprite.reduce(_OVERSAMPLE)


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


@cache
def outlines(kind: str) -> tuple[Outline, ...]:
    """The outlines of a kind of thing, to be painted in order; KeyError for a kind that the world has not."""
    found: list[Outline] = []
    for shape, paint in _shapes(kind):
        points = shapely.get_coordinates(shapely.get_exterior_ring(shape))
        found.append(Outline(np.asarray(points, dtype=np.float64), paint))
    return tuple(found)


def _shapes(kind: str) -> list[tuple[BaseGeometry, Paint]]:
    match kind:
        case "star":
            angles = np.arange(10) * np.pi / 5 - np.pi / 2
            radii = np.where(np.arange(10) % 2 == 0, 1.0, 0.45)
            points = np.stack([radii * np.cos(angles), radii * np.sin(angles) + 0.05], 1)
            return [(Polygon(points), "body")]
        case "heart":
            t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
            y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 15.5
            return [(Polygon(np.stack([np.sin(t) ** 3, y], 1)), "body")]
        case "ring":
            return [(_disc(0, 0, 1.0), "body"), (_disc(0, 0, 0.54), "dark"), (_disc(0, 0, 0.46), "hole")]
        case "circle":
            return [(_disc(0, 0, 1.0), "body")]
        case "square":
            return [(box(-0.88, -0.88, 0.88, 0.88), "body")]
        case "triangle":
            return [(Polygon([(0, -0.95), (1, 0.85), (-1, 0.85)]), "body")]
        case "diamond":
            return [(Polygon([(0, -1), (0.72, 0), (0, 1), (-0.72, 0)]), "body")]
        case "cross":
            return [(box(-0.32, -1, 0.32, 1).union(box(-1, -0.32, 1, 0.32)), "body")]
        case "moon":
            return [(_disc(0.1, 0, 1.0).difference(_disc(0.55, -0.1, 0.82)).buffer(0), "body")]
        case "flower":
            petals = [_disc(0.58 * np.cos(a), 0.58 * np.sin(a), 0.4) for a in np.arange(6) * np.pi / 3]
            return [(shapely.union_all(petals), "body"), (_disc(0, 0, 0.28), "light")]
        case "cloud":
            puffs = [_disc(-0.55, 0.15, 0.42), _disc(0, -0.15, 0.55), _disc(0.55, 0.15, 0.42)]
            return [(shapely.union_all([*puffs, box(-0.6, 0.1, 0.6, 0.57)]), "body")]
        case "house":
            roof, door = Polygon([(-1, -0.1), (0, -0.95), (1, -0.1)]), box(-0.18, 0.4, 0.18, 0.95)
            return [(box(-0.75, -0.15, 0.75, 0.95), "body"), (roof, "dark"), (door, "dark")]
        case "tree":
            crown = [(0, -0.45, 0.52), (-0.42, -0.05, 0.42), (0.42, -0.05, 0.42), (0, 0.05, 0.45)]
            leaves = shapely.union_all([_disc(*disc) for disc in crown])
            return [(box(-0.14, 0.2, 0.14, 1.0), "trunk"), (leaves, "body")]
        case "fish":
            tail = Polygon([(0.45, 0), (1.0, -0.5), (1.0, 0.5)])
            return [(_disc(-0.25, 0, 0.75, 0.5).union(tail), "body"), (_disc(-0.6, -0.12, 0.09), "dark")]
        case _:
            raise KeyError(kind)


def _disc(x: float, y: float, rx: float, ry: float | None = None) -> BaseGeometry:
    return affinity.translate(affinity.scale(Point(0, 0).buffer(1, 24), rx, rx if ry is None else ry), x, y)
