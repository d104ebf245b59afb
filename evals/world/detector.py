"""The little world's detector: which things of which colours are where in a whole picture.

A small convolutional network names, for every 4-px cell, the kind of thing whose centre is there (or "other"
for a thing that is none of the world's), its colour (or "mixed") and the sides of its box: centres as peaks
of a heat map (Zhou et al. 2019, arXiv 1904.07850).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_model
from torch import Tensor, nn

from evals.world.draw import draw
from evals.world.facts import COLOURS, KINDS, Thing, sample_composition

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

STRIDE = 4
"""Side of a cell in pixels."""

CLASSES = (*KINDS, "other")
SHADES = (*COLOURS, "mixed")
WEIGHTS = Path(__file__).parent / "detector.safetensors"


@dataclass(frozen=True)
class Detection:
    """A thing that the detector sees: box (x0, y0, x1, y1) in pixels."""

    kind: str
    colour: str
    box: tuple[float, float, float, float]
    score: float

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2


class Detector(nn.Module):
    """Pictures (B, 3, H, W) from -1 to 1 to maps (B, C, H/4, W/4): heat, shades and boxes."""

    def __init__(self, width: int = 96) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 4, 2, 1), nn.GroupNorm(8, 32), nn.SiLU(),
            nn.Conv2d(32, 64, 4, 2, 1), nn.GroupNorm(8, 64), nn.SiLU(),
            nn.Conv2d(64, width, 4, 2, 1), nn.GroupNorm(8, width), nn.SiLU(),
        )  # fmt: skip
        self.body = nn.Sequential(*(Residual(width, dilation) for dilation in (1, 2, 4, 1, 2, 4)))
        self.head = nn.Conv2d(width, len(CLASSES) + len(SHADES) + 4, 1)
        nn.init.constant_(self.head.bias[: len(CLASSES)], -4.0)  # pyright: ignore[reportOptionalSubscript]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of heat (K+1 channels) and shade (C+1), and box: (dx, dy, log w, log h) in cells."""
        # At twice their size, the smallest things too are several cells wide after three halvings.
        enlarged = nn.functional.interpolate(pictures, scale_factor=2, mode="bicubic", antialias=False)
        maps = self.head(self.body(self.stem(enlarged)))
        heat, shade, box = maps.split([len(CLASSES), len(SHADES), 4], dim=1)
        return heat, shade, box


class Residual(nn.Module):
    """Two convolutions, the first dilated, beside a shortcut."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation), nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.GroupNorm(8, width),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return nn.functional.silu(x + self.layers(x))


@cache
def trained_detector() -> Detector:
    """The detector that ships with the program."""
    detector = Detector()
    load_model(detector, WEIGHTS)
    return detector.eval()


@torch.no_grad()
def detect(picture: Image.Image, threshold: float = 0.35) -> list[Detection]:
    """The world's things in a picture, surest first; what is none of them is left out."""
    detector = trained_detector()
    pixels = torch.from_numpy(np.array(picture.convert("RGB")))[None]
    heat, shade, box = (m[0].float() for m in detector(to_signed(pixels)))
    heat = torch.sigmoid(heat)
    hottest = heat.amax(0)
    peaks = hottest == nn.functional.max_pool2d(hottest[None, None], 5, 1, 2)[0, 0]
    found: list[Detection] = []
    for y, x in torch.nonzero(peaks & (hottest >= threshold)).tolist():
        kind, colour = int(heat[:, y, x].argmax()), int(shade[:, y, x].argmax())
        dx, dy, log_width, log_height = box[:, y, x].tolist()
        cx, cy = (x + dx) * STRIDE, (y + dy) * STRIDE
        w, h = float(np.exp(log_width)) * STRIDE, float(np.exp(log_height)) * STRIDE
        edges = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
        found.append(Detection(CLASSES[kind], SHADES[colour], edges, float(heat[kind, y, x])))
    kept: list[Detection] = []
    for detection in sorted(found, key=lambda d: -d.score):
        if all(_overlap(detection, other) < 0.5 for other in kept):
            kept.append(detection)
    return [detection for detection in kept if detection.kind != "other"]


def _overlap(a: Detection, b: Detection) -> float:
    """The area that both boxes cover, as a share of the smaller box."""
    w = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    h = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    inter = max(0.0, w) * max(0.0, h)
    areas = [(d.box[2] - d.box[0]) * (d.box[3] - d.box[1]) for d in (a, b)]
    return inter / max(1e-6, min(areas))


def to_signed(pictures: Tensor) -> Tensor:
    """uint8 (B, H, W, 3) to float (B, 3, H, W) from -1 to 1."""
    return pictures.permute(0, 3, 1, 2).float().div(127.5).sub(1)


@torch.no_grad()
def reconstruct(vae: "AutoencoderKL", pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) from -1 to 1 as the autoencoder gives them back."""
    latents = vae.encode(pictures).latent_dist.mode()  # pyright: ignore[reportAttributeAccessIssue]
    return vae.decode(latents).sample.clamp(-1, 1).float()  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(frozen=True)
class Accuracy:
    """How the detector does on `n` pictures with `things` things: of kind, colour and place together."""

    n: int
    things: int
    recall: float
    precision: float


def accuracy(seeds: range, vae: "AutoencoderKL | None" = None) -> Accuracy:
    """The shipped detector on the pictures of `seeds`, as they are drawn or as `vae` gives them back."""
    hits = found = number = 0
    for seed in seeds:
        composition = sample_composition(seed, kinds=KINDS)
        picture = draw(composition)
        if vae is not None:
            pixels = to_signed(torch.from_numpy(np.array(picture))[None]).to(vae.device, vae.dtype)
            restored = reconstruct(vae, pixels)[0].cpu()
            picture = Image.fromarray(((restored.permute(1, 2, 0) + 1) * 127.5).round().byte().numpy())
        seen = detect(picture)
        number, found = number + len(composition.things), found + sum(d.colour != "mixed" for d in seen)
        for thing in composition.things:
            alike = (d for d in seen if (d.kind, d.colour) == (thing.kind, thing.colour))
            hits += any(covers(d, thing) for d in alike)
    return Accuracy(len(seeds), number, hits / max(1, number), hits / max(1, found))


def covers(detection: Detection, thing: Thing) -> bool:
    """Whether the detection's centre is near the thing's."""
    x, y = detection.centre
    return abs(x - thing.x) < thing.diameter / 3 and abs(y - thing.y) < thing.diameter / 3
