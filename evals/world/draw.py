"""Facts to pixels: a tableau drawn with Pillow, antialiased."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from evals.world.outlines import outlines
from evals.world.tableau import COLOURS, Ground, Setting, Tableau, Thing

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


def draw(tableau: Tableau) -> Image.Image:
    """The picture of a tableau, RGB, (side, side)."""
    picture = Image.fromarray(backdrop(tableau.setting, tableau.side, tableau.seed))
    for thing in tableau.things:
        paste(picture, thing)
    return picture


def backdrop(setting: Setting, side: int, seed: int) -> NDArray[np.uint8]:
    """The setting alone, uint8 (side, side, 3)."""
    rng = np.random.default_rng((2, seed))
    if setting.wall is not None:
        return _finish(np.broadcast_to(np.array(_WALLS[setting.wall], np.float32), (side, side, 3)), rng)
    top, low = (np.array(c, np.float32) for c in _SKIES[setting.sky or "day"])
    rows = np.linspace(0, 1, side, dtype=np.float32)[:, None, None]
    field = np.broadcast_to(top + (low - top) * rows / setting.horizon, (side, side, 3)).copy()
    horizon = round(setting.horizon * side)
    light = _LIGHT[setting.sky or "day"]
    field[horizon:] = _ground(setting.ground or "grass", side - horizon, side, rng) * light
    return _finish(field, rng)


def _ground(kind: Ground, height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    near = np.linspace(0.9, 1.05, height, dtype=np.float32)[:, None, None]
    texture = _TEXTURES[kind](height, width, rng)
    return (np.array(_GROUNDS[kind], np.float32) + texture[..., None]) * near


def _blades(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    strokes = rng.normal(0, 9, (height // 6 + 1, width // 2 + 1)).astype(np.float32)
    return strokes.repeat(6, 0).repeat(2, 1)[:height, :width]


def _grains(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    grains = rng.normal(0, 5, (height // 2 + 1, width // 2 + 1)).astype(np.float32)
    return grains.repeat(2, 0).repeat(2, 1)[:height, :width]


def _waves(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return 16 * np.sin(y / 2.6 + 1.5 * np.sin(x / 17 + rng.uniform(0, 6)))


def _smooth(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    return np.full((height, width), rng.normal(0, 3), np.float32)


_TEXTURES = {"grass": _blades, "sand": _grains, "snow": _smooth, "sea": _waves, "road": _smooth}


def _finish(field: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.uint8]:
    shade = field * rng.uniform(0.96, 1.04)
    return np.clip(shade, 0, 255).astype(np.uint8)


def paste(picture: Image.Image, thing: Thing) -> None:
    """Draw `thing` into `picture`."""
    put(picture, paint_sprite(thing, COLOURS[thing.colour]), thing)


def put(picture: Image.Image, sprite: Image.Image, thing: Thing) -> None:
    """Lay a sprite (RGBA) over `picture` with its middle where `thing` has its centre."""
    picture.paste(sprite, (round(thing.x - sprite.width / 2), round(thing.y - sprite.height / 2)), sprite)


def paint_sprite(thing: Thing, body: Colour) -> Image.Image:
    """`thing` alone in the colour `body`: RGBA, its diameter and a rim of two pixels."""
    side = round(thing.diameter) + 4
    edge = _edge(body)
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
    for outline in outlines(thing.kind):
        points = _turn(outline.points, thing.tilt) * (thing.diameter / 2 * _OVERSAMPLE) + fine / 2
        flat = [(float(x), float(y)) for x, y in points]
        rim, rim_width = (paints["hole"], 1) if outline.paint == "hole" else (paints["dark"], width)
        pen.polygon(flat, fill=paints[outline.paint], outline=rim, width=rim_width)
    return sprite.reduce(_OVERSAMPLE)


def _turn(points: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    a = np.deg2rad(degrees)
    return points @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])


def _edge(body: Colour) -> Colour:
    # A rim darker than the thing, or lighter where the thing is nearly black, keeps it visible on any ground.
    return _mix(body, (110, 110, 116), 0.8) if sum(body) < 120 else _mix(body, (0, 0, 0), 0.42)


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    r, g, b_ = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return r, g, b_
