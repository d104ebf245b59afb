"""Training and testing of the detector, on drawn pictures and on their reconstructions by the autoencoder."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from evals.world.detector import Detection, Detector, detect
from evals.world.judge_data import Labelled, Mark, labelled
from evals.world.progress import Curve
from evals.world.tableau import Thing
from evals.world.vae import fast_bfloat16, to_signed


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


@torch.no_grad()
def reconstruct(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) from -1 to 1 as the autoencoder gives them back."""
    latents = vae.encode(pictures).latent_dist.mode()  # pyright: ignore[reportAttributeAccessIssue]
    return vae.decode(latents).sample.clamp(-1, 1).float()  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(frozen=True)
class Accuracy:
    """How the detector does on `n` pictures.

    `recall` and `precision` are of kind, colour and place together, over `things` things; `fooled` is the
    share of the `impostors` that it took for things of the world.
    """

    n: int
    things: int
    recall: float
    precision: float
    impostors: int
    fooled: float


def accuracy(seeds: range, vae: AutoencoderKL | None = None, clean: bool = True) -> Accuracy:
    """The shipped detector on pictures of unseen seeds, drawn or seen through `vae`."""
    hits = found = things = impostors = fooled = 0
    for seed in seeds:
        pixels, marks = labelled(seed, clean)
        detections = detect(_through(vae, pixels))
        real = [m for m in marks if m.kind != "other" and m.colour != "mixed"]
        fakes = [m for m in marks if m.kind == "other" or m.colour == "mixed"]
        whole = [d for d in detections if d.colour != "mixed"]
        things, found, impostors = things + len(real), found + len(whole), impostors + len(fakes)
        hits += sum(any(_agrees(d, m) for d in detections) for m in real)
        fooled += sum(any(_covers(d, m.thing) for d in whole) for m in fakes)
    recall, precision = hits / max(1, things), hits / max(1, found)
    return Accuracy(len(seeds), things, recall, precision, impostors, fooled / max(1, impostors))


def _through(vae: AutoencoderKL | None, pixels: NDArray[np.uint8]) -> Image.Image:
    if vae is None:
        return Image.fromarray(pixels)
    picture = to_signed(torch.from_numpy(pixels.copy())[None]).to(vae.device, vae.dtype)
    restored = reconstruct(vae, picture)[0].cpu()
    return Image.fromarray(((restored.permute(1, 2, 0) + 1) * 127.5).round().byte().numpy())


def _agrees(detection: Detection, mark: Mark) -> bool:
    return (detection.kind, detection.colour) == (mark.kind, mark.colour) and _covers(detection, mark.thing)


def _covers(detection: Detection, thing: Thing) -> bool:
    x, y = detection.centre
    return abs(x - thing.x) < thing.diameter / 3 and abs(y - thing.y) < thing.diameter / 3
