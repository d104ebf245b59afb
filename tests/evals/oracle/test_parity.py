"""`python -m evals.parity`: cases that pass, cases that fail, and directories without golden files."""

import json
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import Any, cast

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from evals.oracle.dense import DenseCall, dense_prediction
from evals.oracle.parity import RoundedExp
from evals.parity import main

GOLDEN = Path(__file__).parents[2] / "golden"
CASE = "two_columns.safetensors"
OFF_BY_A_BIT = {12: math.inf, 106: math.inf}


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    return copytree(GOLDEN, tmp_path / "golden")


def rewrite(
    path: Path,
    tensors: Callable[[dict[str, Tensor]], Mapping[str, Tensor]] = dict,
    metadata: Callable[[dict[str, str]], Mapping[str, str]] = dict,
) -> None:
    with safe_open(path, framework="pt") as file:
        loaded = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
        kept = file.metadata()
    save_file(dict(tensors(loaded)), path, dict(metadata(kept)))


class ReferenceExp(RoundedExp):
    """As on the processor that made the vectors: of the 128 frequencies, two are one bit from the nearest."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = super().__torch_function__(func, types, args, kwargs)
        if func is torch.exp and result.shape == (128,):
            for index, towards in OFF_BY_A_BIT.items():
                result[index] = torch.nextafter(result[index], torch.tensor(towards))
        return result


def test_the_papers_own_numbers_come_out_to_the_last_digits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.oracle.parity.RoundedExp", ReferenceExp)
    assert main([str(GOLDEN)]) == 0
    lines = capsys.readouterr().out.splitlines()
    figures = [[float(word) for word in line.split()[3::2]] for line in lines]
    assert all(len(of_case) == 3 and max(of_case) < 1e-6 for of_case in figures)


def test_the_papers_own_numbers_come_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(GOLDEN)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list(GOLDEN.glob("*.safetensors"))) - 1
    assert all(line.startswith("ok") for line in lines)
    figures = [[float(word) for word in line.split()[3::2]] for line in lines]
    assert all(len(of_case) == 3 and max(of_case) < 5e-6 for of_case in figures)


def test_frequencies_are_rounded_as_well_as_can_be() -> None:
    exponents = -torch.arange(128) * (math.log(10_000) / 128)
    with RoundedExp():
        rounded = torch.exp(exponents)
    assert torch.equal(rounded, exponents.double().exp().float())
    assert torch.exp(exponents).dtype == rounded.dtype


@pytest.mark.parametrize("name", ["first_prediction", "last_prediction", "final_latents"])
@pytest.mark.parametrize("factor", [1.0001, float("nan")])
def test_one_figure_that_differs_fails_the_case(
    golden: Path, capsys: pytest.CaptureFixture[str], name: str, factor: float
) -> None:
    rewrite(golden / CASE, tensors=lambda found: {**found, name: found[name] * factor})
    assert main([str(golden)]) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert len(failed) == 1
    assert "two_columns" in failed[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_ratio", "0.11"),
        ("inject_steps", "2"),
        ("double_interval", "2"),
        ("single_interval", "2"),
        ("guidance_scale", "3.6"),
    ],
)
def test_every_setting_of_the_file_counts(golden: Path, field: str, value: str) -> None:
    rewrite(golden / CASE, metadata=lambda found: {**found, field: value})
    assert main([str(golden)]) == 1


def test_other_weights_sizes_and_names_are_read_from_the_files(tmp_path: Path) -> None:
    write_directory(tmp_path)
    assert main([str(tmp_path)]) == 0


def write_directory(directory: Path) -> None:
    """Golden files of another model, two pictures in 8-pixel tokens, computed by the dense-mask oracle."""
    torch.manual_seed(3)
    config: dict[str, object] = {
        "in_channels": 8,
        "num_layers": 1,
        "num_single_layers": 2,
        "attention_head_dim": 8,
        "num_attention_heads": 3,
        "joint_attention_dim": 20,
        "pooled_projection_dim": 12,
        "axes_dims_rope": [2, 2, 4],
    }
    transformer = cast(FluxTransformer2DModel, FluxTransformer2DModel.from_config(config)).eval()
    save_file(transformer.state_dict(), directory / "transformer.safetensors", {"config": json.dumps(config)})
    masks = torch.zeros(2, 24, 40, dtype=torch.bool)
    masks[0, :16, :24] = True
    masks[1, 16:, 8:] = True
    owner = np.full((3, 5), -1, dtype=np.int16)
    owner[:2, :3] = 0
    owner[2, 1:] = 1
    noise, texts, base, pooled = (
        torch.randn(shape) for shape in ((2, 15, 8), (2, 5, 20), (1, 5, 20), (1, 12))
    )
    sigmas = torch.tensor([1.0, 0.6, 0.0])
    latents, predictions = noise, list[Tensor]()
    for sigma, following in pairwise(sigmas):
        call = DenseCall(
            owner=owner,
            latents=latents,
            sigma=sigma.expand(2),
            pooled=pooled.expand(2, -1),
            guidance=None,
            region_embeds=tuple(text.expand(2, -1, -1) for text in texts.split(1)),
            base_embeds=base.expand(2, -1, -1),
            base_ratio=0.4,
            double_interval=3,
            single_interval=2,
        )
        predictions.append(dense_prediction(transformer, call))
        latents = latents + (following - sigma) * predictions[-1]
    tensors = {
        "initial_latents": noise,
        "base_embeds": base,
        "region_embeds": texts,
        "pooled": pooled,
        "region_masks": masks,
        "sigmas_used": sigmas,
        "first_prediction": predictions[0],
        "last_prediction": predictions[-1],
        "final_latents": latents,
    }
    metadata = {
        "base_ratio": "0.4",
        "inject_steps": "2",
        "steps": "2",
        "double_interval": "3",
        "single_interval": "2",
        "guidance_scale": "1.0",
        "vae_scale_factor_with_packing": "8",
        "regions": '["one", "two"]',
    }
    save_file(tensors, directory / "other.safetensors", metadata)


def test_a_folder_without_golden_files_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path}: has no transformer.safetensors; it should be a directory of golden files\n"
    )


def test_weights_alone_are_no_golden_directory(golden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in golden.glob("*.safetensors"):
        if path.name != "transformer.safetensors":
            path.unlink()
    assert main([str(golden)]) == 2
    assert "has no case; beside transformer.safetensors" in capsys.readouterr().err


@pytest.mark.parametrize("name", [CASE, "transformer.safetensors"])
def test_a_broken_file_is_named(golden: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (golden / name).write_bytes(b"not safetensors at all")
    assert main([str(golden)]) == 2
    assert f"{golden / name}: is not a golden file" in capsys.readouterr().err


def test_weights_of_another_model_are_an_error_of_one_line(
    golden: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(
        golden / "transformer.safetensors",
        tensors=lambda found: {"x_embedder.bias": found["x_embedder.bias"]},
    )
    assert main([str(golden)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_missing_tensor_is_named(golden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(golden / CASE, tensors=lambda found: {name: found[name] for name in found if name != "pooled"})
    assert main([str(golden)]) == 2
    assert f"{golden / CASE}: has no 'pooled'" in capsys.readouterr().err


def test_overlapping_masks_are_refused_by_name(golden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(
        golden / CASE,
        tensors=lambda found: {**found, "region_masks": torch.ones_like(found["region_masks"])},
    )
    assert main([str(golden)]) == 2
    assert "'region0' and 'region1' overlap" in capsys.readouterr().err
