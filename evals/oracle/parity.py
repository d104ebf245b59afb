"""Runs golden cases by the renderer and compares the results with those of the paper's own code."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor
from torch.overrides import TorchFunctionMode

from evals.oracle.golden import GoldenCase, GoldenRun
from renderer.regional import regional

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Parity:
    """Relative differences of one case, by the name of the compared tensor."""

    name: str
    differences: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether all of them are within the tolerance; NaN is not."""
        return all(difference <= TOLERANCE for difference in self.differences.values())

    def __str__(self) -> str:
        """The case's line."""
        figures = "  ".join(f"{name} {difference:.1e}" for name, difference in self.differences.items())
        return f"{'ok  ' if self.passed else 'FAIL'}  {self.name:<24}  {figures}"


class RoundedExp(TorchFunctionMode):
    """`torch.exp` in float32, correctly rounded.

    diffusers computes the frequencies of timesteps by it and multiplies them by up to 1,000. On several
    processors the last bit of exp is wrong: then sines differ by 1e-5, and so do all predictions.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """The function's result."""
        del types
        if func is torch.exp and args[0].dtype == torch.float32:
            return func(args[0].double()).float()
        return func(*args, **(kwargs or {}))


def relative(out: Tensor, reference: Tensor) -> float:
    """‖out − reference‖ / ‖reference‖ in float64; 0 for two tensors of zeros."""
    reference = reference.double()
    difference = torch.linalg.vector_norm(out.double() - reference)
    return float(difference / torch.linalg.vector_norm(reference)) if difference else 0.0


def compare(transformer: FluxTransformer2DModel, case: GoldenCase) -> Parity:
    """Run `case` and compare the results with the expected ones."""
    run = denoise(transformer, case)
    names = [field.name for field in fields(GoldenRun)]
    return Parity(
        case.name, {name: relative(getattr(run, name), getattr(case.expected, name)) for name in names}
    )


@torch.inference_mode()
def denoise(transformer: FluxTransformer2DModel, case: GoldenCase) -> GoldenRun:
    """The denoising loop of a FLUX pipeline over the case's own schedule, within the renderer's context."""
    # The case's sigmas are shifted already, and a shift of 1 leaves them as they are.
    scheduler: Any = FlowMatchEulerDiscreteScheduler(shift=1.0)
    scheduler.set_timesteps(sigmas=case.sigmas.tolist())
    timesteps: Tensor = scheduler.timesteps
    latents, predictions, batch = case.latents, list[Tensor](), len(case.latents)
    prompt = case.conditioning.base_embeds.expand(batch, -1, -1)
    guided = transformer.config["guidance_embeds"]
    regions = regional(transformer, case.grid.owner, case.conditioning, case.settings, timesteps)
    with RoundedExp(), regions:
        for timestep in timesteps:
            prediction = transformer(
                hidden_states=latents,
                timestep=(timestep / 1000).expand(batch),
                guidance=torch.full((batch,), case.guidance_scale) if guided else None,
                pooled_projections=case.pooled.expand(batch, -1),
                encoder_hidden_states=prompt,
                txt_ids=torch.zeros(prompt.shape[1], 3),
                img_ids=image_ids(*case.grid.owner.shape),
                controlnet_block_samples=case.controls or None,
                controlnet_single_block_samples=case.single_controls or None,
                return_dict=False,
            )[0]
            predictions.append(prediction)
            latents = scheduler.step(prediction, timestep, latents, return_dict=False)[0]
    return GoldenRun(predictions[0], predictions[-1], latents)


def image_ids(rows: int, columns: int) -> Tensor:
    """The position ids of all image tokens, (rows · columns, 3) float32: (0, row, column)."""
    return torch.cartesian_prod(torch.zeros(1), torch.arange(rows).float(), torch.arange(columns).float())
