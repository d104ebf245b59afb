"""The detector's training, on pictures of the world that are damaged and have impostors among the things."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor, nn

from evals.world.detector import CLASSES, SHADES, STRIDE, Detector, reconstruct, to_signed
from evals.world.draw import Colour, draw, draw_thing, paste_sprite, sprite_of
from evals.world.facts import COLOURS, KINDS, RIM, SIDE, TOKEN, Thing, pick, sample_composition
from evals.world.training.data import Batches
from evals.world.training.progress import Curve
from evals.world.training.vae import fast_bfloat16

Rng = np.random.Generator

LARGE = (5, 6, 7, 8)
"""Tokens across a thing that a picture shows alone: so much do planners give what a prompt calls large."""

LARGE_SHARE, PATCHED_SHARE = 0.25, 0.3
"""Share of pictures with one large thing alone, and of things that stand on a patch of another setting."""


@dataclass(frozen=True)
class Labelled:
    """Pictures, uint8 (B, H, W, 3), and what the detector should say of them, on its grid of cells (h, w).

    heat: float32 (B, K+1, h, w) from 0 to 1, with 1 at centres; shade: int64 (B, h, w), -1 where no centre
    is; box: float32 (B, 4, h, w).
    """

    pictures: Tensor
    heat: Tensor
    shade: Tensor
    box: Tensor

    def to(self, device: torch.device) -> "Labelled":
        """The same batch on `device`."""
        return Labelled(*(part.to(device) for part in (self.pictures, self.heat, self.shade, self.box)))


@dataclass(frozen=True)
class Mark:
    """What the detector should say at a thing's centre."""

    thing: Thing
    kind: str
    colour: str


class LabelledPictures(Batches[Labelled]):
    """Batches of labelled pictures with seeds from `start` on."""

    def __init__(self, count: int, size: int, start: int) -> None:
        self.count, self.size, self.start = count, size, start

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Labelled:
        first = self.start + index * self.size
        made = [labelled(seed) for seed in range(first, first + self.size)]
        pictures = torch.from_numpy(np.stack([picture for picture, _ in made]))
        heat, shade, box = zip(*(targets(marks) for _, marks in made), strict=True)
        return Labelled(pictures, *(torch.from_numpy(np.stack(part)) for part in (heat, shade, box)))


def labelled(seed: int) -> tuple[NDArray[np.uint8], list[Mark]]:
    """A picture, uint8 (H, W, 3), and its marks."""
    rng, composition = np.random.default_rng((5, seed)), sample_composition(seed, kinds=KINDS)
    if rng.random() < LARGE_SHARE:
        span = pick(rng, LARGE)
        x, y = ((int(first) + span / 2) * TOKEN for first in rng.integers(SIDE // TOKEN + 1 - span, size=2))
        diameter = float(span * TOKEN - 2 * RIM)
        alone = (replace(thing, x=x, y=y, diameter=diameter) for thing in composition.things[:1])
        composition = replace(composition, things=tuple(alone))
    picture = draw(replace(composition, things=()))
    for thing in composition.things:
        if rng.random() < PATCHED_SHARE:
            _patch(rng, picture, thing)
    marks = [_paint(rng, picture, thing) for thing in composition.things]
    return _damage(rng, picture), marks


def _patch(rng: Rng, picture: Image.Image, thing: Thing) -> None:
    """What regions leave that were drawn each from its own words: another setting within the thing's box."""
    other = draw(replace(sample_composition(int(rng.integers(1 << 30))), things=()))
    x0, y0, x1, y1 = (round(edge) for edge in thing.box)
    left, top, right, bottom = (int(margin) for margin in rng.integers(RIM, TOKEN, 4))
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).rectangle((x0 - left, y0 - top, x1 + right, y1 + bottom), fill=255)
    picture.paste(other, mask=mask.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.0, 4.0)))))


def _paint(rng: Rng, picture: Image.Image, thing: Thing) -> Mark:
    """Draw the thing as it is, in two colours, or as an impostor."""
    roll = rng.random()
    if roll < 0.62:
        draw_thing(picture, thing)
        return Mark(thing, thing.kind, thing.colour)
    if roll < 0.74:
        # Two colours side by side: the kind is right, and the colour is "mixed".
        other = pick(rng, [c for c in COLOURS if c != thing.colour])
        a, b = sprite_of(thing, COLOURS[thing.colour]), sprite_of(thing, COLOURS[other])
        cut = int(a.width * rng.uniform(0.35, 0.65))
        box = (0, 0, cut, a.height) if rng.random() < 0.5 else (0, 0, a.width, cut)
        a.paste(b.crop(box), box[:2])
        paste_sprite(picture, a, thing)
        return Mark(thing, thing.kind, "mixed")
    paste_sprite(picture, _impostor(rng, thing), thing)
    return Mark(thing, "other", thing.colour)


def _impostor(rng: Rng, thing: Thing) -> Image.Image:
    """The sprite of what a weak painter leaves: a blob, a blend of two kinds, a torn piece or a smear."""
    form = pick(rng, ("blob", "blob", "blend", "torn", "smear"))
    body: Colour = COLOURS[thing.colour]
    if form == "blob":
        side = round(thing.diameter) + 4
        angles = np.sort(rng.uniform(0, 2 * np.pi, 11))
        radii = rng.uniform(0.25, 1.0, 11) * side / 2
        ends = np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1) + side / 2
        points = [(float(x), float(y)) for x, y in ends]
        sprite = Image.new("RGBA", (side, side), (*body, 0))
        ImageDraw.Draw(sprite).polygon(points, fill=(*body, 255))
        return sprite.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 3.0))))
    if form == "blend":
        other = replace(thing, kind=pick(rng, [k for k in KINDS if k != thing.kind]), tilt=thing.tilt + 20)
        a, b = sprite_of(thing, body), sprite_of(other, body)
        x, y = (int(rng.integers(-a.width // 3, a.width // 3 + 1)) for _ in range(2))
        a.alpha_composite(b.crop((0, 0, a.width - abs(x), a.height - abs(y))), (max(0, x), max(0, y)))
        return a
    sprite = sprite_of(thing, body)
    if form == "torn":
        share, (w, h) = rng.uniform(0.4, 0.6), sprite.size
        x, y = int(w * share), int(h * share)
        sprite.paste((0, 0, 0, 0), pick(rng, ((0, 0, w, y), (0, 0, x, h), (x, 0, w, h), (0, y, w, h))))
        return sprite
    coarse = max(2, sprite.width // int(rng.integers(12, 24)))
    small = sprite.resize((coarse, coarse), Image.Resampling.BOX)
    return small.resize(sprite.size, Image.Resampling.BICUBIC)


def _damage(rng: Rng, picture: Image.Image) -> NDArray[np.uint8]:
    """Slight blur, noise and shifts of tone, as decoders leave them."""
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.6))))
    pixels = np.asarray(picture, np.float32)
    if rng.random() < 0.5:
        pixels = pixels * rng.uniform(0.92, 1.08, 3) + rng.uniform(-8, 8, 3)
    if rng.random() < 0.3:
        pixels = pixels + rng.normal(0, rng.uniform(2, 10), pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def targets(
    marks: list[Mark], side: int = SIDE
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """Heat (K+1, h, w), shade (h, w) and box (4, h, w) for one picture."""
    cells = side // STRIDE
    heat = np.zeros((len(CLASSES), cells, cells), np.float32)
    shade = np.full((cells, cells), -1, np.int64)
    box = np.zeros((4, cells, cells), np.float32)
    y, x = np.mgrid[:cells, :cells]
    for mark in marks:
        cx, cy, size = mark.thing.x / STRIDE, mark.thing.y / STRIDE, mark.thing.diameter / STRIDE
        j, i = min(int(cy), cells - 1), min(int(cx), cells - 1)
        bump = np.exp(-((x - i) ** 2 + (y - j) ** 2) / (2 * (size / 6 + 0.3) ** 2)).astype(np.float32)
        layer = CLASSES.index(mark.kind)
        heat[layer] = np.maximum(heat[layer], bump)
        shade[j, i] = SHADES.index(mark.colour)
        box[:, j, i] = (cx - i, cy - j, np.log(size), np.log(size))
    return heat, shade, box


def train_detector(
    batches: Iterator[Labelled],
    vae: AutoencoderKL | None,
    steps: int,
    device: torch.device,
    curve: Curve,
    start: Detector | None = None,
) -> Detector:
    """A detector trained on `steps` batches; two of three are seen through the autoencoder, if any.

    `start` is one to go on from, at a lower rate.
    """
    torch.manual_seed(21)
    detector = (start or Detector()).float().to(device)
    detector = detector.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    rate = 2e-3 if start is None else 6e-4
    optimizer = torch.optim.AdamW(detector.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    for step, here in zip(range(steps), batches, strict=False):
        batch = here.to(device)
        pictures = to_signed(batch.pictures)
        with torch.autocast(device.type, torch.bfloat16, enabled=fast_bfloat16(device)):
            seen = pictures if vae is None or step % 3 == 0 else reconstruct(vae, pictures)
            outputs = detector(seen)
        loss = detection_loss(outputs, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(detector.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        curve.add(step, loss=loss)
    return detector.eval()


def detection_loss(outputs: tuple[Tensor, Tensor, Tensor], batch: Labelled) -> Tensor:
    """Focal loss of the heat map, cross entropy of the shade and L1 of the box at the centres."""
    heat, shade, box = batch.heat, batch.shade, batch.box
    heat_logits, shade_logits, box_values = (o.float() for o in outputs)
    centres = (shade >= 0).float()
    n = centres.sum().clamp(min=1)
    p = torch.sigmoid(heat_logits)
    hits = nn.functional.logsigmoid(heat_logits) * (1 - p) ** 2
    misses = nn.functional.logsigmoid(-heat_logits) * p**2 * (1 - heat) ** 4
    focal = -torch.where(heat == 1, hits, misses).sum() / n
    colour = nn.functional.cross_entropy(shade_logits, shade, ignore_index=-1, reduction="sum") / n
    distances = nn.functional.l1_loss(box_values, box, reduction="none").sum(1)
    corners = (distances * centres).sum() / n
    return focal + 0.5 * colour + 0.2 * corners
