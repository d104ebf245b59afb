"""Shapes as geometry in pixels, as pixels of the canvas, and as masks that a plan carries."""

import base64
import io
from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry.base import BaseGeometry

from planner.bounded import decode_picture
from planner.errors import UserError
from planner.painting import hardened, soft_mask
from planner.plans import Size
from planner.scene import GRID, Box, Mask, Polygon, Region, Shape

DATA_URL = "data:image/png;base64,"
WHITE = 128
"""The least grey value, of 255, that counts as inside a mask that a plan carries."""


def given_shape(region: Region) -> Shape | None:
    """The region's shape, or None where it has a place in words or none at all."""
    return region.where if isinstance(region.where, Box | Polygon | Mask) else None


def given_boxes(regions: Iterable[Region], size: Size) -> dict[str, Box]:
    """The bounding box of each region that has a shape, by name."""
    shapes = ((region.name, given_shape(region)) for region in regions)
    return {name: bounds(shape, size) for name, shape in shapes if shape}


def geometry(shape: Shape, size: Size) -> BaseGeometry:
    """`shape` in pixel coordinates; of a mask, its white pixels' squares united.

    Raises `UserError` where a mask is no image of the canvas's size, or all black.
    """
    match shape:
        case Box():
            corners = _to_pixels(np.array([[shape.x0, shape.y0], [shape.x1, shape.y1]]), size)
            return shapely.box(*corners[0], *corners[1])
        case Polygon():
            return shapely.Polygon(_to_pixels(np.array([(p.x, p.y) for p in shape.points]), size))
        case Mask():
            # One rectangle for each horizontal run of white pixels.
            padded = np.pad(mask_pixels(shape, size), ((0, 0), (1, 1))).astype(np.int8)
            rows, steps = np.nonzero(np.diff(padded, axis=1))
            top, left, right = rows[::2], steps[::2], steps[1::2]
            return shapely.union_all(shapely.box(left, top, right, top + 1))


def bounds(shape: Shape, size: Size) -> Box:
    """The smallest box on the 0-1000 grid that holds `shape`; a box is its own."""
    match shape:
        case Box():
            return shape
        case Polygon():
            xs, ys = [point.x for point in shape.points], [point.y for point in shape.points]
            return Box(x0=min(xs), y0=min(ys), x1=max(xs), y1=max(ys))
        case Mask():
            ys, xs = np.nonzero(mask_pixels(shape, size))
            (x0, x1), (y0, y1) = _extent(xs, size.width), _extent(ys, size.height)
            return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def _extent(pixels: NDArray[np.intp], side: int) -> tuple[int, int]:
    """The first and last pixel's outer edges, on the grid, rounded outwards."""
    return int(pixels.min()) * GRID // side, -(-(int(pixels.max()) + 1) * GRID // side)


def pixels(geometry: BaseGeometry, size: Size) -> NDArray[np.bool_]:
    """Which pixels of the canvas have their centre in `geometry` (pixel coordinates): bool (H, W).

    Even-odd filling, row by row, so holes and separate parts need no care. Intervals are half open: of two
    shapes with a common edge, only the one to the right or below takes a centre that lies on it.
    """
    rings = shapely.get_rings(shapely.get_parts(geometry))
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    edges = np.stack([coordinates[:-1], coordinates[1:]], axis=1)[ring[1:] == ring[:-1]]
    edges = edges[edges[:, 0, 1] != edges[:, 1, 1]]  # (E, 2 ends, 2 coordinates), none of them level
    is_downward = edges[:, :1, 1:] < edges[:, 1:, 1:]
    toggles = np.zeros((size.height, size.width + 1), dtype=np.uint8)
    for upper, lower in np.where(is_downward, edges, edges[:, ::-1]):
        # In each row that the edge crosses, flip the first pixel whose centre is not left of it.
        first, last = np.clip(np.ceil(np.array([upper[1], lower[1]]) - 0.5), 0, size.height).astype(int)
        if first == last:
            continue
        rows = np.arange(first, last)
        slope = (lower[0] - upper[0]) / (lower[1] - upper[1])
        crossing = upper[0] + (rows + 0.5 - upper[1]) * slope
        columns = np.clip(np.ceil(crossing - 0.5), 0, size.width).astype(int)
        toggles[rows, columns] ^= 1
    return np.bitwise_xor.accumulate(toggles, axis=1)[:, :-1].astype(np.bool_)


def mask_pixels(mask: Mask, size: Size) -> NDArray[np.bool_]:
    """The white pixels of an inlined mask: bool (H, W).

    Raises `UserError` as `geometry` does; callers that know the mask's origin put it before the message.
    """
    if not mask.mask.startswith(DATA_URL):
        raise UserError(f"the mask {mask.mask[:60]!r} is a path; `load_plan` reads and inlines it")
    try:
        content = base64.b64decode(mask.mask.removeprefix(DATA_URL), validate=True)
    except ValueError as error:  # of base64, or for letters that are not ASCII
        raise UserError("holds no PNG image: it is not base64") from error
    image = decode_picture(content, (size.width, size.height))
    white = np.asarray(image.convert("L")) >= WHITE
    if not white.any():
        raise UserError("is all black; a mask is white where the region is")
    return white


def inline_mask(image: Image.Image) -> Mask:
    """`image` as a mask that a plan carries: black and white, a PNG in a data URL.

    Greys become white pixels that cover as much of each token; transparent pixels become black.
    """
    return mask_of(hardened(soft_mask(image)))


def mask_of(white: NDArray[np.bool_]) -> Mask:
    """The mask that is white where `white`, bool (H, W), is true."""
    buffer = io.BytesIO()
    Image.fromarray(white).save(buffer, format="PNG", optimize=True)
    return Mask(mask=DATA_URL + base64.b64encode(buffer.getvalue()).decode("ascii"))


def _to_pixels(points: NDArray[np.int_], size: Size) -> NDArray[np.float64]:
    return points * (size.width, size.height) / GRID
