"""tiny-flux's autoencoder: trained on crops of the world's pictures, 8 channels at an eighth of the side."""

from collections.abc import Iterator
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

from evals.world.detector import to_signed
from evals.world.facts import SIDE
from evals.world.training.progress import Curve

LATENT_CHANNELS = 8

LATENT_NOISE = 0.3
"""Deviation of the noise that the decoder learns to see through."""


def new_vae(seed: int = 0) -> AutoencoderKL:
    """An untrained autoencoder."""
    torch.manual_seed(seed)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,  # pyright: ignore[reportArgumentType]
        up_block_types=("UpDecoderBlock2D",) * 4,  # pyright: ignore[reportArgumentType]
        block_out_channels=(24, 40, 56, 72),  # pyright: ignore[reportArgumentType]
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=SIDE,
        scaling_factor=1.0,
        shift_factor=0.0,
    )


def train_vae(
    vae: AutoencoderKL, pictures: Iterator[Tensor], steps: int, device: torch.device, curve: Curve
) -> None:
    """Train on batches of pictures, uint8 (B, H, W, 3), a batch cropped to one window of half the side."""
    vae.to(device, memory_format=torch.channels_last).train()  # pyright: ignore[reportArgumentType]
    optimizer = torch.optim.AdamW(vae.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.05)
    random = torch.Generator().manual_seed(11)
    for step, batch in zip(range(steps), pictures, strict=False):
        target = to_signed(_crop(batch, random).to(device, non_blocking=True))
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            encoding: Any = vae.encode(target)
            decoding: Any = vae.decode(encoding.latent_dist.sample())
            kl = encoding.latent_dist.kl().mean() / target[0].numel()
            loss, error = _difference(decoding.sample.float(), target)
            loss = loss + 1e-5 * kl
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        curve.add(step, loss=loss, mse=error)
    vae.eval()


def finetune_decoder(
    vae: AutoencoderKL, pictures: Iterator[Tensor], steps: int, device: torch.device, curve: Curve
) -> None:
    """Train the decoder alone, on latents with noise, so that it forgives what a flow gets nearly right.

    The latents stay what they were, and a transformer that was trained on them too. `pictures` are as for
    `train_vae`; noise has a deviation of up to `LATENT_NOISE`, in latents whose own is 1.
    """
    vae.to(device, memory_format=torch.channels_last).requires_grad_(False)  # pyright: ignore[reportArgumentType]
    parts = [part for part in (vae.decoder, vae.post_quant_conv) if part is not None]
    parameters = [p for part in parts for p in part.requires_grad_(True).parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps, pct_start=0.05)
    random = torch.Generator().manual_seed(12)
    for step, batch in zip(range(steps), pictures, strict=False):
        target = to_signed(_crop(batch, random).to(device, non_blocking=True))
        with torch.autocast(device.type, torch.bfloat16, enabled=fast_bfloat16(device)):
            with torch.no_grad():
                encoding: Any = vae.encode(target)
                latents: Tensor = encoding.latent_dist.mode()
            each = len(latents), 1, 1, 1
            strength = LATENT_NOISE * torch.rand(each, generator=random)
            noisy = torch.rand(each, generator=random) < 0.7  # seven in ten of the pictures
            noise = strength * noisy * torch.randn(latents.shape, generator=random)
            decoding: Any = vae.decode(latents + noise.to(latents.device, latents.dtype))  # pyright: ignore[reportArgumentType]
        loss, error = _difference(decoding.sample.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        curve.add(step, loss=loss, mse=error)
    vae.requires_grad_(False).eval()


def fast_bfloat16(device: torch.device) -> bool:
    """Whether matrices of bfloat16 are multiplied faster than those of float32: not on every CPU."""
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()  # pyright: ignore[reportPrivateUsage]


def _crop(batch: Tensor, random: torch.Generator) -> Tensor:
    side = batch.shape[1] // 2
    y, x = (int(v) for v in torch.randint(0, side + 1, (2,), generator=random))
    return batch[:, y : y + side, x : x + side]


def _difference(restored: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The loss of pixels and edges, and the squared error by itself."""
    edges = sum(nn.functional.l1_loss(torch.diff(restored, dim=d), torch.diff(target, dim=d)) for d in (2, 3))
    error = nn.functional.mse_loss(restored, target)
    return nn.functional.l1_loss(restored, target) + 0.5 * edges + error, error.detach()


@torch.no_grad()
def normalise_latents(vae: AutoencoderKL, pictures: Tensor) -> None:
    """Fold a per-channel normalisation of the latents into the autoencoder's 1x1 convolutions.

    diffusers knows one scale and one shift for all channels; folded here, every channel has mean 0 and
    deviation 1 over `pictures`, uint8 (B, H, W, 3). What is encoded and decoded again stays as it was.
    Raises `ValueError` where the autoencoder has no such convolutions.
    """
    means = vae.encode(to_signed(pictures)).latent_dist.mode()  # pyright: ignore[reportAttributeAccessIssue]
    mean, std = means.mean((0, 2, 3)), means.std((0, 2, 3))
    quant, post = vae.quant_conv, vae.post_quant_conv
    if quant is None or post is None or quant.bias is None or post.bias is None:
        raise ValueError("the autoencoder has no 1x1 convolutions to fold a normalisation into")
    c = LATENT_CHANNELS
    post.bias += post.weight[:, :, 0, 0] @ mean
    post.weight *= std[None, :, None, None]
    quant.weight[:c] /= std[:, None, None, None]
    quant.bias[:c] = (quant.bias[:c] - mean) / std
    quant.bias[c:] -= 2 * std.log()
