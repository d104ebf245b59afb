"""Layouts as people look at them: each region in its colour, the prompt beneath in the same colours."""

from planner.draw.png import draw_png, mask_images
from planner.draw.svg import draw_svg

__all__ = ["draw_png", "draw_svg", "mask_images"]
