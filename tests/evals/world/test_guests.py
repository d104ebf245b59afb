"""The LoRA and the ControlNet: trained in miniature, and the LoRA that ships."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxControlNetModel
from safetensors.torch import load_file

from evals.world import control, lora
from evals.world.control import Controlled, gap, new_controlnet
from evals.world.data import ACROSS
from evals.world.guests import shipped

MINIATURE = ["--pool=32", "--every=1"]
STEPS = lora.COURSES[0].steps


def test_training_is_the_same_each_time_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One course alone, so that fewer steps are the beginning of more.
    monkeypatch.setattr(lora, "COURSES", lora.COURSES[:1])
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    lora.main([*MINIATURE, f"--shorten={STEPS // 2}", f"--out={whole}"])
    # A run that is stopped is one that wrote its checkpoint and nothing after it.
    lora.main([*MINIATURE, f"--shorten={STEPS}", f"--out={cut}"])
    assert torch.load(cut / "run.pt", weights_only=True)["step"] == 1
    lora.main([*MINIATURE, f"--shorten={STEPS // 2}", f"--out={cut}"])
    one, other = load_file(whole / lora.NAME), load_file(cut / lora.NAME)
    assert one.keys() == other.keys()
    assert all(torch.equal(weight, other[key]) for key, weight in one.items())
    assert {weight.dtype for weight in one.values()} == {torch.float16}
    assert not [name for name in one if "norm" in name or "time_text_embed" in name]
    assert len((whole / "loss.jsonl").read_text().splitlines()) == 2


def test_a_controlnet_is_trained_checked_and_loads_as_diffusers_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "UNSEEN", 16)
    control.main([*MINIATURE, "--shorten=100", f"--out={tmp_path}"])
    check = json.loads((tmp_path / "check.json").read_text())
    assert check["pictures"] >= 16
    assert check["own"] > 0
    kind: Any = FluxControlNetModel
    net = kind.from_pretrained(tmp_path)
    assert (len(net.transformer_blocks), len(net.single_transformer_blocks)) == (1, 0)
    assert all(layer.weight.any() for layer in net.controlnet_blocks)
    assert not load_file(tmp_path / "depth-latents.safetensors")["latents"].isnan().any()


def test_an_untrained_controlnet_changes_nothing_and_maps_matter_to_another() -> None:
    flux = shipped()
    net: Any = new_controlnet(flux.transformer)
    maps = torch.randn(16, 8, 2 * ACROSS, 2 * ACROSS, generator=torch.Generator().manual_seed(1))
    model, latents = Controlled(flux, net, maps), maps.flip(0)
    same = gap(model, latents, 1, 300)
    assert same.own == same.others
    for layer in (net.controlnet_x_embedder, *net.controlnet_blocks):
        torch.nn.init.normal_(layer.weight, std=0.1)
    other = gap(model, latents, 1, 300)
    assert other.own != same.own
    assert other.own != other.others
    assert torch.equal(model.controls, maps)
