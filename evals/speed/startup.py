"""What a run needs before its first step, and what the renderer's import adds to that of diffusers."""

import subprocess
import sys
import time
from statistics import median

import torch

from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import MAX_REGIONS, Box, Region, Scene
from renderer.grid import rasterise
from renderer.regional.conditioning import Conditioning
from renderer.regional.hooks import build_injection
from renderer.regional.settings import RegionalSettings

SIZE = Size(width=1024, height=1024)

IMPORTS = (
    "import sys, time\n"
    "from diffusers import FluxPipeline, FluxTransformer2DModel, FlowMatchEulerDiscreteScheduler\n"
    "start = time.process_time()\n"
    "import renderer.rendering, renderer.models, renderer.grid\n"
    "sys.stdout.write(repr(time.process_time() - start))\n"
)


def building_seconds(repeats: int = 21) -> tuple[float, float]:
    """Median seconds to rasterise a layout of as many regions as there may be, and to group its tokens.

    The regions are wide, overlapping boxes, so that their cells have corners to be cut off.
    """
    layout = arrange(_crowded(), SIZE)
    rastered, grouped = list[float](), list[float]()
    for _ in range(repeats):
        start = time.process_time()
        grid = rasterise(layout)
        middle = time.process_time()
        texts = tuple(torch.zeros(1, 64, 1) for _ in grid.names)
        conditioning, cpu = Conditioning(texts, texts[0]), torch.device("cpu")
        build_injection(grid.owner, RegionalSettings(), conditioning, 0, cpu)
        rastered.append(middle - start)
        grouped.append(time.process_time() - middle)
    return median(rastered), median(grouped)


def _crowded() -> Scene:
    corners = [(157 * i % 700, 211 * i % 700) for i in range(MAX_REGIONS)]
    boxes = [Box(x0=x, y0=y, x1=x + 290, y1=y + 170) for x, y in corners]
    regions = tuple(
        Region(name=f"thing {i}", prompt="a thing", where=box, depth=i % 3) for i, box in enumerate(boxes)
    )
    return Scene(caption="things", regions=regions)


def import_seconds(repeats: int = 3) -> float:
    """Median processor seconds that the renderer's import takes in a process that has diffusers already."""
    command = [sys.executable, "-c", IMPORTS]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(repeats)]  # noqa: S603
    return median(float(run.stdout) for run in runs)
