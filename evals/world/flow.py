"""tiny-flux's transformer and text encoders: rectified flow on (picture, caption) pairs.

The pictures are whole or crops, which keep the coordinates that they have in the whole picture; no box, mask
or region is ever shown, so that regional prompting stays training-free.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel
from safetensors.torch import load_model
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

from evals.world.data import Batch, Window
from evals.world.progress import Curve
from evals.world.text import follow_tokens, text_encoders, tokenizers
from evals.world.vae import LATENT_CHANNELS, to_signed

MU = 0.5
"""Shift of the noise schedule at 256 image tokens, as FLUX.1-dev's scheduler sets it."""

LEARNING_RATE = 1.2e-3
WARM_UP = 400


class TinyFlux(nn.Module):
    """The parts that are trained together, called on token ids and noisy packed latents."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.clip, self.t5 = text_encoders(seed)
        torch.manual_seed(seed + 1)
        self.transformer = FluxTransformer2DModel(
            in_channels=4 * LATENT_CHANNELS,
            num_layers=2,
            num_single_layers=8,
            attention_head_dim=32,
            num_attention_heads=6,
            joint_attention_dim=self.t5.config.d_model,
            pooled_projection_dim=self.clip.config.hidden_size,
            guidance_embeds=False,
            axes_dims_rope=(4, 14, 14),
        )

    def forward(self, noisy: Tensor, sigma: Tensor, batch: Batch) -> Tensor:
        """Predicted velocity (B, N, 32) for packed latents (B, N, 32) at noise levels (B,)."""
        pooled = self.clip(batch.clip_ids).pooler_output
        text = self.t5(batch.t5_ids).last_hidden_state
        return self.transformer(
            hidden_states=noisy,
            timestep=sigma,
            encoder_hidden_states=text,
            pooled_projections=pooled,
            txt_ids=torch.zeros(text.shape[1], 3, device=noisy.device),
            img_ids=image_ids(batch.window).to(noisy.device),
            return_dict=False,
        )[0]


def image_ids(window: Window) -> Tensor:
    """Position ids (rows·columns, 3) of a window: (0, row, column)."""
    row, column, rows, columns = window
    ys, xs = torch.arange(row, row + rows), torch.arange(column, column + columns)
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    return torch.stack([torch.zeros_like(y), y, x], -1).reshape(-1, 3).float()


def pack(latents: Tensor) -> Tensor:
    """(B, C, 2h, 2w) to packed (B, h·w, 4C), in `FluxPipeline`'s order."""
    b, c, h, w = latents.shape
    return latents.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, h * w // 4, 4 * c)


@torch.no_grad()
def encode_pool(vae: AutoencoderKL, pictures: Iterator[Tensor], device: torch.device) -> Tensor:
    """Latents of all pictures, half precision (N, 8, side/8, side/8), on the device."""
    vae.to(device).eval()  # pyright: ignore[reportArgumentType]
    encoded: list[Tensor] = []
    for batch in pictures:
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            encoding: Any = vae.encode(to_signed(batch.to(device)))
        encoded.append(encoding.latent_dist.mode().half())
    return torch.cat(encoded).contiguous()


class FlowTrainer:
    """Model, optimiser and moving average; `save` and `load` let a run go on where it stopped."""

    def __init__(self, steps: int, device: torch.device, *, rate: float = LEARNING_RATE) -> None:
        self.device, self.steps, self.step, self.rate = device, steps, 0, rate
        self.model = TinyFlux().to(device)
        self.average = TinyFlux().to(device).requires_grad_(False)
        fused = device.type == "cuda"
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01, fused=fused
        )

    def train(
        self, batches: Iterator[Batch], latents: Tensor, curve: Curve, save: Callable[[], None], every: int
    ) -> None:
        """A step for each of `batches`, calling `save` every so many steps and after the run's last one.

        `latents` are those of the whole pool, (N, 8, H/8, W/8) on the trainer's device.
        """
        for batch in batches:
            curve.add(self.step, loss=self._update(batch, latents))
            self.step += 1
            if self.step % every == 0 or self.step == self.steps:
                save()

    def start_from(self, folder: Path) -> None:
        """Take the weights of a pipeline folder, as another run exported it, for model and average."""
        ours = tokenizers()
        for part in (self.model, self.average):
            load_model(part.transformer, folder / "transformer/diffusion_pytorch_model.safetensors")
            load_model(part.clip, folder / "text_encoder/model.safetensors", strict=False)
            load_model(part.t5, folder / "text_encoder_2/model.safetensors", strict=False)
            follow_tokens(part.clip, CLIPTokenizer.from_pretrained(folder / "tokenizer"), ours.clip)
            follow_tokens(part.t5, PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer_2"), ours.t5)

    def save(self, path: Path) -> None:
        """Write everything that `load` needs."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def load(self, path: Path) -> None:
        """Go on from a file that `save` wrote."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def _update(self, batch: Batch, latents: Tensor) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * _schedule(self.step, self.steps)
        generator = torch.Generator(self.device).manual_seed(self.step)
        here = batch.to(self.device)
        loss = self._loss(here, pack(_windowed(latents, here)), generator)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self._follow()
        return loss

    def _loss(self, batch: Batch, clean: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(clean.shape, generator=generator, device=self.device)
        level = torch.sigmoid(torch.randn(len(clean), generator=generator, device=self.device))
        sigma = math.exp(MU) / (math.exp(MU) + 1 / level - 1)
        noisy = torch.lerp(clean, noise, sigma[:, None, None])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            velocity = self.model(noisy, sigma, batch)
        return nn.functional.mse_loss(velocity.float(), noise - clean)

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(0.9995, (1 + self.step) / (10 + self.step))
        follow = get_ema_multi_avg_fn(decay)
        follow(list(self.average.parameters()), list(self.model.parameters()), self.step)


def _windowed(latents: Tensor, batch: Batch) -> Tensor:
    row, column, rows, columns = (2 * v for v in batch.window)
    return latents[batch.pictures, :, row : row + rows, column : column + columns].float()


def _schedule(step: int, steps: int) -> float:
    warm_up = min(WARM_UP, steps // 15 + 1)
    if step < warm_up:
        return (step + 1) / warm_up
    done = min(1.0, (step - warm_up) / max(1, steps - warm_up))
    return 0.5 * (1 + math.cos(math.pi * done)) * 0.98 + 0.02
