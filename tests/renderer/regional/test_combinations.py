"""Every FLUX pipeline of diffusers with regions: only what the transformer attends to may differ."""

import inspect
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.pipelines.flux.pipeline_flux_control import FluxControlPipeline
from diffusers.pipelines.flux.pipeline_flux_control_img2img import FluxControlImg2ImgPipeline
from diffusers.pipelines.flux.pipeline_flux_control_inpaint import FluxControlInpaintPipeline
from diffusers.pipelines.flux.pipeline_flux_controlnet import FluxControlNetPipeline
from diffusers.pipelines.flux.pipeline_flux_controlnet_image_to_image import FluxControlNetImg2ImgPipeline
from diffusers.pipelines.flux.pipeline_flux_controlnet_inpainting import FluxControlNetInpaintPipeline
from diffusers.pipelines.flux.pipeline_flux_fill import FluxFillPipeline
from diffusers.pipelines.flux.pipeline_flux_img2img import FluxImg2ImgPipeline
from diffusers.pipelines.flux.pipeline_flux_inpaint import FluxInpaintPipeline
from diffusers.pipelines.flux.pipeline_flux_kontext import FluxKontextPipeline
from diffusers.pipelines.flux.pipeline_flux_kontext_inpaint import FluxKontextInpaintPipeline
from peft import LoraConfig
from torch import Tensor, nn

from evals.oracle.dense import dense_prediction
from evals.oracle.parity import image_ids, relative
from evals.oracle.schedule import flux_timesteps
from renderer.regional import Conditioning, RegionalSettings, regional

if TYPE_CHECKING:
    from tests.renderer.regional.conftest import Call

Draw = Callable[..., "Call"]

README = (Path(__file__).parents[3] / "renderer/README.md").read_text("utf-8")
NAMES = {
    "LoRA": set[str](),
    "IP-Adapter": {"ip_adapter_image_embeds", "negative_ip_adapter_image_embeds"},
    "negative prompt": {"true_cfg_scale", "negative_prompt_embeds", "negative_pooled_prompt_embeds"},
}
"""By guest the arguments that a pipeline must have for it."""
HEIGHT, WIDTH = 64, 96
STEPS = 4
FULL = np.zeros((4, 6), dtype=np.int16)
PICTURE = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1))
DEPTH = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(2))
LEFT = torch.zeros(1, 1, HEIGHT, WIDTH)
LEFT[..., : WIDTH // 2] = 1.0
FROM_PICTURE = {"image": PICTURE, "strength": 0.6}
WITHIN_MASK = {**FROM_PICTURE, "mask_image": LEFT}
CONTROL = {"control_image": DEPTH}
# Kontext else makes every picture one of a million pixels.
REFERENCE = {"_auto_resize": False, "max_area": HEIGHT * WIDTH}


@dataclass(frozen=True, eq=False)
class Case:
    """A pipeline: its transformer's channels in, its ControlNets, and what it is called with."""

    kind: type[Any]
    call: Mapping[str, Any]
    channels: int = 16
    controlnets: tuple[str, ...] = field(default=())


CASES = {
    "text to image": Case(FluxPipeline, {}),
    "img2img": Case(FluxImg2ImgPipeline, FROM_PICTURE),
    "inpaint": Case(FluxInpaintPipeline, WITHIN_MASK),
    "fill": Case(FluxFillPipeline, {"image": PICTURE, "mask_image": LEFT}, 2 * 16 + 256),
    "Kontext": Case(FluxKontextPipeline, {"image": PICTURE, **REFERENCE}),
    "Kontext without a picture": Case(FluxKontextPipeline, REFERENCE),
    "Kontext inpaint": Case(FluxKontextInpaintPipeline, WITHIN_MASK | REFERENCE),
    "control": Case(FluxControlPipeline, CONTROL, 32),
    "control img2img": Case(FluxControlImg2ImgPipeline, FROM_PICTURE | CONTROL, 32),
    "control inpaint": Case(FluxControlInpaintPipeline, WITHIN_MASK | CONTROL, 32),
    "ControlNet": Case(FluxControlNetPipeline, CONTROL, controlnets=("depth",)),
    "ControlNet union": Case(FluxControlNetPipeline, CONTROL | {"control_mode": 1}, controlnets=("union",)),
    "ControlNet img2img": Case(FluxControlNetImg2ImgPipeline, FROM_PICTURE | CONTROL, controlnets=("depth",)),
    "ControlNet inpaint": Case(FluxControlNetInpaintPipeline, WITHIN_MASK | CONTROL, controlnets=("depth",)),
    "two ControlNets": Case(
        FluxControlNetPipeline,
        {"control_image": [DEPTH, PICTURE], "controlnet_conditioning_scale": [0.7, 0.4]},
        controlnets=("depth", "pose"),
    ),
}


@dataclass(frozen=True, eq=False)
class Parts:
    """Components of small random weights, each made once."""

    transformers: Mapping[int, FluxTransformer2DModel]
    controlnets: Mapping[str, FluxControlNetModel]
    make: Callable[..., Any]

    def assemble(self, case: Case) -> Any:
        """The case's pipeline."""
        nets = [self.controlnets[name] for name in case.controlnets]
        control = {"controlnet": nets[0] if len(nets) == 1 else nets} if nets else {}
        return self.make(self.transformers[case.channels], case.kind, **control)


def controlnet(transformer: FluxTransformer2DModel, seed: int, **config: Any) -> FluxControlNetModel:
    """A ControlNet whose every weight is random: those of diffusers begin at zero, and so without effect."""
    names = ("attention_head_dim", "num_attention_heads", "joint_attention_dim", "pooled_projection_dim")
    sizes: dict[str, Any] = {"num_layers": 2, "num_single_layers": 2}
    sizes |= {name: transformer.config[name] for name in (*names, "in_channels", "axes_dims_rope")}
    net = FluxControlNetModel(**sizes | config)
    noise = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.1, generator=noise)
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def parts(build: Callable[..., FluxTransformer2DModel], assemble: Callable[..., Any]) -> Parts:
    return build_parts(build, assemble)


def build_parts(build: Callable[..., FluxTransformer2DModel], assemble: Callable[..., Any]) -> Parts:
    wanted = {case.channels for case in CASES.values()}
    transformers = {count: build(in_channels=count, out_channels=16) for count in wanted}
    return Parts(
        transformers,
        {
            "depth": controlnet(transformers[16], 1),
            "pose": controlnet(transformers[16], 2),
            "union": controlnet(transformers[16], 3, num_mode=3),
        },
        assemble,
    )


def latents_of(pipeline: Any, case: Case, call: "Call", **more: Any) -> Tensor:
    """What the case's pipeline denoises to."""
    return call.denoised(pipeline, STEPS, generator=torch.Generator().manual_seed(0), **case.call, **more)


def within(
    pipeline: Any, call: "Call", inject_steps: int = STEPS, **guests: Any
) -> AbstractContextManager[None]:
    """The case's regional context, over the steps that its pipeline will run."""
    return regional(
        pipeline.transformer,
        call.owner,
        Conditioning(call.region_embeds, call.base_embeds),
        RegionalSettings(call.base_ratio, inject_steps),
        pipeline.scheduler,
        **guests,
    )


@pytest.mark.parametrize("name", CASES)
def test_the_base_prompt_over_the_whole_canvas_is_the_plain_pipeline(
    parts: Parts, draw: Draw, name: str
) -> None:
    case, call = CASES[name], draw(0, regions=1, owner=FULL, base_ratio=0.0)
    call, pipeline = replace(call, region_embeds=(call.base_embeds,)), parts.assemble(case)
    plain = latents_of(pipeline, case, call)
    with within(pipeline, call):
        assert relative(latents_of(pipeline, case, call), plain) <= 1e-5
    assert torch.equal(latents_of(pipeline, case, call), plain)


@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
@pytest.mark.parametrize("name", CASES)
def test_regions_change_the_picture_and_leave_no_trace(
    parts: Parts, draw: Draw, name: str, base_ratio: float
) -> None:
    case, call = CASES[name], draw(1, base_ratio=base_ratio)
    pipeline = parts.assemble(case)
    plain = latents_of(pipeline, case, call)
    with within(pipeline, call, inject_steps=1):
        once = latents_of(pipeline, case, call)
    with within(pipeline, call):
        always = latents_of(pipeline, case, call)
    assert relative(once, plain) > 1e-5
    assert relative(always, once) > 1e-5
    assert torch.equal(latents_of(pipeline, case, call), plain)


@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
def test_a_whole_run_with_a_controlnet_is_the_oracles(parts: Parts, draw: Draw, base_ratio: float) -> None:
    """Its branch sees the base prompt alone, and its residuals reach the regional stream alone."""
    case, call = CASES["ControlNet"], draw(2, base_ratio=base_ratio)
    pipeline, net = parts.assemble(case), parts.controlnets["depth"]
    encoded = pipeline.vae.encode(DEPTH).latent_dist.sample(torch.Generator().manual_seed(0))
    scaled = (encoded - pipeline.vae.config.shift_factor) * pipeline.vae.config.scaling_factor
    control = pipeline._pack_latents(scaled, 1, 4, *scaled.shape[2:])
    with within(pipeline, call):
        latents = latents_of(pipeline, case, call, latents=call.latents)
    assert relative(latents, dense_run(pipeline, net, control, call)) <= 1e-5


@torch.no_grad()
def dense_run(pipeline: Any, net: FluxControlNetModel, control: Tensor, call: "Call") -> Tensor:
    """Euler steps over the oracle's predictions, with a ControlNet called on the base prompt."""
    sigmas = [*(flux_timesteps(pipeline.scheduler, STEPS, call.owner.size) / 1000).tolist(), 0.0]
    for sigma, following in pairwise(sigmas):
        call = replace(call, sigma=torch.full((len(call.latents),), sigma))
        doubles, singles = net(
            hidden_states=call.latents,
            controlnet_cond=control,
            timestep=call.sigma,
            pooled_projections=call.pooled,
            encoder_hidden_states=call.base_embeds,
            txt_ids=torch.zeros(call.base_embeds.shape[1], 3),
            img_ids=image_ids(*call.owner.shape),
            return_dict=False,
        )
        call = replace(call, controls=tuple(doubles), single_controls=tuple(singles))
        call = replace(
            call, latents=call.latents + (following - sigma) * dense_prediction(pipeline.transformer, call)
        )
    return call.latents


@pytest.fixture(scope="session")
def hosts(
    parts: Parts, build: Callable[..., FluxTransformer2DModel], assemble: Callable[..., Any]
) -> Mapping[str, Parts]:
    """The components with each guest: a LoRA named style, or an IP-Adapter of pictures of 12 numbers."""
    styled, shown = build_parts(build, assemble), build_parts(build, assemble)
    targets = ["to_q", "to_v", "to_out.0", "add_k_proj", "to_add_out", "net.2", "proj_mlp", "x_embedder"]
    for host in styled.transformers.values():
        torch.manual_seed(4)
        host.add_adapter(LoraConfig(r=2, target_modules=targets, init_lora_weights=False), "style")
        host.requires_grad_(False)
    shown_to: Any = shown.transformers[16]
    shown_to._load_ip_adapter_weights([adapter_weights()])
    return {"LoRA": styled, "IP-Adapter": shown, "negative prompt": parts}


def adapter_weights() -> dict[str, dict[str, Tensor]]:
    noise = torch.Generator().manual_seed(5)
    projection = {"proj.weight": (128, 12), "proj.bias": (128,), "norm.weight": (32,), "norm.bias": (32,)}
    keys = [f"{index}.{name}" for index in range(3) for name in ("to_k_ip", "to_v_ip")]
    layers = {f"{key}.{part}": (32,) * size for key in keys for part, size in (("weight", 2), ("bias", 1))}
    return {
        kind: {name: torch.randn(shape, generator=noise) for name, shape in shapes.items()}
        for kind, shapes in (("image_proj", projection), ("ip_adapter", layers))
    }


def asked(guest: str, call: "Call") -> dict[str, Any]:
    """What a pipeline is called with for the guest, by the names that diffusers gives it."""
    if guest == "IP-Adapter":
        picture = torch.ones(1, 1, 12)
        return {"ip_adapter_image_embeds": [picture], "negative_ip_adapter_image_embeds": [picture]}
    negative = {
        "negative_prompt_embeds": call.base_embeds.flip(2),
        "negative_pooled_prompt_embeds": call.pooled,
    }
    return {"true_cfg_scale": 2.0, **negative} if guest == "negative prompt" else {}


def of_the_region(guest: str, call: "Call") -> dict[str, Any]:
    """What the regional context is told for the guest to be the first region's."""
    negative = call.base_embeds.flip(2)
    return {
        "LoRA": {"lora_regions": {"style": {0}}},
        "IP-Adapter": {"adapter_regions": [{0}]},
        "negative prompt": {"negative": Conditioning((negative,), negative)},
    }[guest]


def takes(case: Case, guest: str) -> bool:
    """Whether diffusers' pipeline has the guest's arguments."""
    return NAMES[guest] <= set(inspect.signature(case.kind.__call__).parameters)


MATRIX = [(name, guest) for name, case in CASES.items() for guest in NAMES if takes(case, guest)]


@pytest.mark.parametrize(("name", "guest"), MATRIX)
def test_a_guest_of_the_whole_canvas_is_the_plain_pipelines(
    hosts: Mapping[str, Parts], draw: Draw, name: str, guest: str
) -> None:
    case, call = CASES[name], draw(0, regions=1, owner=FULL, base_ratio=0.0)
    call, pipeline = replace(call, region_embeds=(call.base_embeds,)), hosts[guest].assemble(case)
    more = asked(guest, call)
    plain = latents_of(pipeline, case, call, **more)
    with within(pipeline, call):
        assert relative(latents_of(pipeline, case, call, **more), plain) <= 1e-5
    with within(pipeline, call, **of_the_region(guest, call)):
        one = latents_of(pipeline, case, call, **more)
    # A region's LoRA or IP-Adapter leaves Kontext's reference picture as it is; the whole picture's doesn't.
    referred = name.startswith("Kontext") and "image" in case.call and guest != "negative prompt"
    assert (relative(one, plain) > 1e-5) if referred else (relative(one, plain) <= 1e-5)


def test_the_readme_says_what_combines() -> None:
    rows = re.findall(r"^\| `(Flux\w+)` \|(.*)\|$", README, re.MULTILINE)
    told = {name: [cell.strip() == "yes" for cell in cells.split("|")] for name, cells in rows}
    assert told == {case.kind.__name__: [takes(case, guest) for guest in NAMES] for case in CASES.values()}
