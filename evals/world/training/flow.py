"""tiny-flux's transformer and CLIP: rectified flow on (picture, caption) pairs. T5 stays as it is.

The pictures are whole or crops, which keep the coordinates that they have in the whole picture; no box, mask
or region is ever shown, so that regional prompting stays training-free.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel
from safetensors.torch import load_model
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from transformers import CLIPTextModel, CLIPTokenizer, PreTrainedTokenizerFast, T5EncoderModel

from evals.world.detector import to_signed
from evals.world.training.curriculum import Phase, phase_at, total_steps
from evals.world.training.data import Batch, Window
from evals.world.training.progress import Curve
from evals.world.training.text import take_weights, text_encoders, tokenizers
from evals.world.training.vae import LATENT_CHANNELS, fast_bfloat16

MU = 0.49
"""Shift of the noise schedule at 169 image tokens, as FLUX.1-dev's scheduler sets it."""

LEVEL_MEAN, LEVEL_SPREAD = 0.6, 1.1
"""Of the logit-normal levels of noise (Esser et al. 2024, arXiv 2403.03206, section 3.1), before the shift.

Where things will stand is settled above a noise of 0.9, and so in a fifth of the steps of a picture: levels
around a mean of 0 would spend a twenty-fifth of the training there.
"""

WARM_UP = 100
"""Steps in which the learning rate rises."""

EMA_DECAY = 0.9985
"""How much of the moving average stays at each step."""

FOREGROUND_WEIGHT = 3.0
"""How much more a token counts in the loss where it differs from its row: most of a picture is background."""

FOREGROUND_THRESHOLD = 0.05
"""The mean square by which a token must differ from its row to stand out.

So 75 to 78 % of the tokens of green, black and brown things at night do and 12 % of the ground's. With 0.15
it was 58 to 63 % and 4 %, and of green things in the dark 53 % were drawn, of all things by day 91 %.
"""


class TinyFlux(nn.Module):
    """Transformer and text encoders, called on token ids and noisy packed latents."""

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
        text = self.t5(batch.t5_ids).last_hidden_state
        return self.transformer(
            hidden_states=noisy,
            timestep=sigma,
            encoder_hidden_states=text,
            pooled_projections=self.clip(batch.clip_ids).pooler_output[batch.clip_rows],
            txt_ids=torch.zeros(text.shape[1], 3, device=noisy.device),
            img_ids=batch.places,
            return_dict=False,
        )[0]

    def start_from(self, folder: Path) -> None:
        """Take the weights of a pipeline folder, as a run exported it."""
        ours = tokenizers()
        load_model(self.transformer, folder / "transformer/diffusion_pytorch_model.safetensors")
        clip = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
        take_weights(self.clip, clip, CLIPTokenizer.from_pretrained(folder / "tokenizer"), ours.clip)
        t5 = T5EncoderModel.from_pretrained(folder / "text_encoder_2", dtype=torch.float32)
        words = PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer_2")
        take_weights(self.t5, t5, words, ours.t5)


def pack(latents: Tensor) -> Tensor:
    """(B, C, 2h, 2w) to packed (B, h·w, 4C), in `FluxPipeline`'s order."""
    b, c, h, w = latents.shape
    return latents.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, h * w // 4, 4 * c)


@torch.no_grad()
def encode_pool(vae: AutoencoderKL, pictures: Iterator[Tensor], device: torch.device) -> Tensor:
    """Latents of all pictures, half precision (N, 8, side/8, side/8), on the device."""
    # Convolutions of few channels run twice as fast on a CPU with the channels last.
    vae.to(device, memory_format=torch.channels_last).eval()  # pyright: ignore[reportArgumentType]
    encoded: list[Tensor] = []
    for batch in pictures:
        with torch.autocast(device.type, torch.bfloat16, enabled=fast_bfloat16(device)):
            encoding: Any = vae.encode(to_signed(batch.to(device)))
        encoded.append(encoding.latent_dist.mode().half())
    return torch.cat(encoded).contiguous()


@dataclass(frozen=True)
class NoisyBatch:
    """What a step shows: of a batch, packed latents (B, N, 32), noise for them, its levels (B,), and how much
    each token counts (B, N).
    """

    batch: Batch
    clean: Tensor
    noise: Tensor
    sigma: Tensor
    shares: Tensor


class FlowTrainer:
    """Model, optimiser and moving average; `save` and `load` let a run go on where it stopped."""

    def __init__(self, phases: Sequence[Phase], device: torch.device) -> None:
        self.device, self.phases, self.steps, self.step = device, phases, total_steps(phases), 0
        self.model = TinyFlux().to(device)
        # As in FLUX. Within 2,000 steps the flow took a T5 that had learnt to read back to single words.
        self.model.t5.requires_grad_(False)
        self.average = TinyFlux().to(device).requires_grad_(False)
        # Many small steps teach kinds where few large ones, by Muon too, teach colours and grounds alone.
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.AdamW(trained, betas=(0.9, 0.98), weight_decay=0.0, fused=True)

    def train(
        self, batches: Iterator[Batch], latents: Tensor, curve: Curve, save: Callable[[], None], every: int
    ) -> None:
        """A step for each of `batches`, calling `save` every so many steps and after the run's last one.

        `latents` are those of the whole pool, (N, 8, H/8, W/8) on the trainer's device.
        """
        weights = token_weights(latents)
        for batch in batches:
            loss = self._update(batch, latents, weights)
            self.step += 1
            curve.add(self.step - 1, loss=loss)
            if self.step % every == 0 or self.step == self.steps:
                save()

    def start_from(self, folder: Path) -> None:
        """Take the weights of a pipeline folder, as another run exported it, for model and average."""
        for part in (self.model, self.average):
            part.start_from(folder)

    def load_t5(self, path: Path) -> None:
        """Take the weights of a T5 that was trained by itself, for model and average."""
        for part in (self.model, self.average):
            load_model(part.t5, path)

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

    def _update(self, batch: Batch, latents: Tensor, weights: Tensor) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.phases, self.step)
        generator = torch.Generator(self.device).manual_seed(self.step)
        loss = flow_loss(self.model, add_noise(batch.to(self.device), latents, weights, generator))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            follow = get_ema_multi_avg_fn(min(EMA_DECAY, (1 + self.step) / (10 + self.step)))
            follow(list(self.average.parameters()), list(self.model.parameters()), self.step)
        return loss.detach()


def add_noise(batch: Batch, latents: Tensor, weights: Tensor, generator: torch.Generator) -> NoisyBatch:
    """The batch with random noise at random levels.

    `latents` and `weights` are those of the whole pool, on the batch's device, as is `generator`.
    """
    clean = pack(windowed(latents, batch.pictures, batch.window, 2))
    noise = torch.randn(clean.shape, generator=generator, device=clean.device)
    normal = torch.randn(len(clean), generator=generator, device=clean.device)
    level = torch.sigmoid(LEVEL_MEAN + LEVEL_SPREAD * normal)
    sigma = math.exp(MU) / (math.exp(MU) + 1 / level - 1)
    shares = windowed(weights, batch.pictures, batch.window, 1).flatten(1)
    return NoisyBatch(batch, clean, noise, sigma, shares)


def flow_loss(model: nn.Module, noised: NoisyBatch) -> Tensor:
    """The weighted squared error of the velocity, a scalar; `model` is called as `TinyFlux` is."""
    noisy = torch.lerp(noised.clean, noised.noise, noised.sigma[:, None, None])
    device = noisy.device
    with torch.autocast(device.type, torch.bfloat16, enabled=fast_bfloat16(device)):
        velocity = model(noisy, noised.sigma, noised.batch)
    squares = (velocity.float() - (noised.noise - noised.clean)).square().mean(-1)
    return (squares * noised.shares).sum() / noised.shares.sum()


@torch.no_grad()
def token_weights(latents: Tensor) -> Tensor:
    """How much each token of each picture counts in the loss, (N, h, w), for latents (N, C, 2h, 2w).

    More where it differs from the middle of its row of tokens: there most likely stands a thing.
    """
    n, _, height, width = latents.shape
    tokens = pack(latents.float()).reshape(n, height // 2, width // 2, -1)
    distance = (tokens - tokens.median(2, keepdim=True).values).square().mean(-1)
    return 1 + (FOREGROUND_WEIGHT - 1) * (distance > FOREGROUND_THRESHOLD)


def windowed(maps: Tensor, pictures: Tensor, window: Window, cells: int) -> Tensor:
    """What a window shows of some pictures' maps (N, …, H, W), which have so many cells a token."""
    row, column, rows, columns = (cells * v for v in window)
    return maps[pictures, ..., row : row + rows, column : column + columns].float()


def learning_rate(phases: Sequence[Phase], step: int) -> float:
    """The phase's own, in a straight line from its first to its last, after a warm-up of the whole run."""
    phase, done = phase_at(phases, step)
    first, last = phase.rates
    return min(1.0, (step + 1) / WARM_UP) * (first + (last - first) * done)
