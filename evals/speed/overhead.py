"""Times and counts beside the steps: of building a layout, of imports, and of compiling again."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

import torch
from torch._dynamo.utils import counters

from evals.speed.arms import ARMS
from evals.speed.inputs import CPU, layouts, random_inputs, random_transformer
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import MAX_REGIONS, Box, Region, Scene
from renderer.families.flux import FAMILY
from renderer.grid import rasterise
from renderer.regional.conditioning import Conditioning
from renderer.regional.family import ImageTokens
from renderer.regional.hooks import build_injection
from renderer.regional.layouts import Layout as RegionLayout
from renderer.regional.settings import RegionalSettings

SIZE = Size(width=1024, height=1024)

IMPORTS = (
    "import sys, time\n"
    "from diffusers import FluxPipeline, FluxTransformer2DModel, FlowMatchEulerDiscreteScheduler\n"
    "start = time.process_time()\n"
    "import renderer.rendering, renderer.models, renderer.grid\n"
    "sys.stdout.write(repr(time.process_time() - start))\n"
)

SMALL = replace(
    CPU,
    name="small",
    config={**CPU.config, "num_attention_heads": 2, "attention_head_dim": 32, "axes_dims_rope": (8, 12, 12)},
    rows=8,
    columns=8,
    padded=32,
    trimmed=16,
)


def building_seconds(repeats: int = 21) -> tuple[float, float]:
    """Median seconds to rasterise a layout with the most regions that there can be, and to group its tokens.

    The regions are wide, overlapping boxes, so that corners of their cells are cut off.
    """
    corners = [(157 * i % 700, 211 * i % 700) for i in range(MAX_REGIONS)]
    boxes = [Box(x0=x, y0=y, x1=x + 290, y1=y + 170) for x, y in corners]
    regions = tuple(
        Region(name=f"thing {i}", prompt="a thing", where=box, depth=i % 3) for i, box in enumerate(boxes)
    )
    layout = arrange(Scene(caption="things", regions=regions), SIZE)
    rasterising, grouping = list[float](), list[float]()
    for _ in range(repeats):
        start = time.process_time()
        grid = rasterise(layout)
        middle = time.process_time()
        texts = tuple(torch.zeros(1, 64, 1) for _ in grid.names)
        conditioning, cpu = Conditioning(texts, texts[0]), torch.device("cpu")
        drawn, image = RegionLayout(grid.owner, conditioning, drawn=True), ImageTokens(grid.owner.size)
        build_injection(FAMILY, RegionalSettings(), drawn, image, cpu)
        rasterising.append(middle - start)
        grouping.append(time.process_time() - middle)
    return median(rasterising), median(grouping)


def import_seconds(repeats: int = 3) -> float:
    """Median processor seconds that the renderer's import takes in a process that has diffusers already."""
    command = [sys.executable, "-c", IMPORTS]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(repeats)]  # noqa: S603
    return median(float(run.stdout) for run in runs)


@dataclass(frozen=True)
class CompiledCall:
    """The number of graphs that torch.compile compiled for one call."""

    call: str
    graphs: int


def compiled_calls(arm: str = "fast") -> Iterator[CompiledCall]:
    """Calls with one layout after another of a small FLUX, whose blocks are compiled as diffusers recommends.

    Compiling only traces, which is what decides whether a graph has to be compiled again.
    """
    torch.compiler.reset()
    transformer = random_transformer(SMALL)
    transformer.compile_repeated_blocks(backend="eager", fullgraph=True)
    inputs = random_inputs(SMALL, transformer, 16)
    four, turned = layouts(SMALL, 4)
    eight, other_eight = layouts(SMALL, 8)
    uneven, more_uneven = turned.copy(), turned.copy()
    uneven[:3], more_uneven[1:5] = 0, 1
    calls = [
        ("4 regions", 4, four),
        ("the same layout", 4, four),
        ("4 others, as large", 4, turned),
        ("4 of uneven sizes", 4, uneven),
        ("4 of other uneven sizes", 4, more_uneven),
        ("8 regions", 8, eight),
        ("8 others", 8, other_eight),
        *((f"{regions} regions", regions, eight % regions) for regions in (2, 3, 5, 6, 7)),
    ]
    for call, regions, owner in calls:
        before = counters["stats"]["unique_graphs"]
        with ARMS[arm](inputs, owner, regions) as steps:
            steps.injected()
        yield CompiledCall(call, counters["stats"]["unique_graphs"] - before)
