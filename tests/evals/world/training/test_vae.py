"""The autoencoder's normalisation is folded in exactly."""

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from evals.world.detector import reconstruct, to_signed
from evals.world.training.data import Pictures
from evals.world.training.progress import Curve
from evals.world.training.vae import finetune_decoder, new_vae, normalise_latents

pytestmark = pytest.mark.training


def encoded(vae: AutoencoderKL, pictures: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        posterior = vae.encode(to_signed(pictures)).latent_dist  # pyright: ignore[reportAttributeAccessIssue]
    return posterior.mean, posterior.std


def test_latents_are_standardised_and_decode_as_before() -> None:
    vae, pictures = new_vae().eval(), Pictures(1, 3, 77)[0]
    mean, std = encoded(vae, pictures)
    before = reconstruct(vae, to_signed(pictures))
    normalise_latents(vae, pictures)
    shift, scale = mean.mean((0, 2, 3), keepdim=True), mean.std((0, 2, 3), keepdim=True)
    new_mean, new_std = encoded(vae, pictures)
    torch.testing.assert_close(new_mean, (mean - shift) / scale, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(new_std, std / scale, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(reconstruct(vae, to_signed(pictures)), before, atol=1e-4, rtol=1e-3)


def test_the_decoder_is_trained_again_and_the_latents_stay(tmp_path: Path) -> None:
    vae, pictures = new_vae(), Pictures(3, 2, 90)
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    finetune_decoder(
        vae, iter([pictures[i] for i in range(3)]), 3, torch.device("cpu"), Curve(tmp_path / "c")
    )
    changed = {name for name, value in vae.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith(("decoder.", "post_quant_conv.")) for name in changed)


def test_another_seed_is_another_autoencoder() -> None:
    first, again, other = (next(new_vae(seed).parameters()) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_pictures_span_minus_one_to_one() -> None:
    signed = to_signed(torch.tensor([[[[0, 255, 127]]]], dtype=torch.uint8))
    assert signed.shape == (1, 3, 1, 1)
    assert signed.flatten()[:2].tolist() == [-1.0, 1.0]
