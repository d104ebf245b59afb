"""The noise levels that a family expects of calls are those that its pipeline gives them, to the bit."""

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from evals.small import SMALL

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model


@pytest.mark.parametrize("name", SMALL)
def test_in_bfloat16_levels_are_rounded_as_the_pipeline_rounds_them(
    load: "Callable[..., Model]", name: str
) -> None:
    model = load(name, seed=5)
    model.pipeline.to(torch.bfloat16)
    seen = list[Tensor]()

    def see(transformer: Any, args: Any, call: dict[str, Any]) -> None:
        given = dict(zip(signature(transformer.forward).parameters, args, strict=False)) | call
        seen.append(model.family.noise(given).flatten()[0])

    handle = model.transformer.register_forward_pre_hook(see, with_kwargs=True)
    try:
        model.latents(model.encode("a red fox"), steps=52)
    finally:
        handle.remove()
    assert len(seen) == 52
    assert torch.equal(
        torch.stack(seen), model.family.levels(model.pipeline.scheduler.timesteps, seen[0].dtype)
    )
