"""The pipelines of diffusers that pictures are drawn with, and what each takes. Torch is not imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from planner.errors import UserError

PARTS: Final = ("scheduler", "text_encoder", "tokenizer", "transformer", "vae")
"""The folders that most pipelines have."""

Variant = tuple[bool, bool, bool]
"""Whether there are a start image, an inpainting mask, and ControlNets."""


@dataclass(frozen=True)
class PipelineKind:
    """A text-to-image pipeline by its name in diffusers, and the module of its family.

    `parts` are the folders that it needs, `variants` diffusers' pipelines of the same parts that take more,
    and `controlnet` the class of a ControlNet. `distilled` says whether it takes a distilled guidance scale,
    `true_cfg` whether it has a negative pass, `references` whether it takes reference pictures.
    """

    name: str
    family: str
    module: str
    parts: tuple[str, ...] = PARTS
    distilled: bool = False
    true_cfg: bool = True
    references: bool = False
    variants: Mapping[Variant, str] = field(default_factory=dict[Variant, str])
    controlnet: str | None = None

    def variant(self, wanted: Variant) -> str:
        """Diffusers' pipeline that takes this; raises `UserError` where there is none."""
        if wanted not in self.variants:
            start, mask, control = wanted
            taken = "control" if control else "inpaint_mask" if mask else "init_image" if start else ""
            raise UserError(f"diffusers has no pipeline of {self.family} for it", taken)
        return self.variants[wanted]

    @property
    def encoders(self) -> tuple[str, ...]:
        """The parts that encode prompts."""
        return tuple(part for part in self.parts if part.startswith(("text_", "tokenizer")))


IMG2IMG: Final = (True, False, False)
INPAINT: Final = (True, True, False)

PIPELINES: Final = {
    kind.name: kind
    for kind in (
        # ChromaInpaintPipeline asks for a setting (guidance_embeds) that Chroma's transformers don't have.
        PipelineKind("ChromaPipeline", "Chroma", "chroma", variants={IMG2IMG: "ChromaImg2ImgPipeline"}),
        PipelineKind(
            "FluxPipeline",
            "FLUX.1",
            "flux",
            (*PARTS, "text_encoder_2", "tokenizer_2"),
            distilled=True,
            variants={
                IMG2IMG: "FluxImg2ImgPipeline",
                INPAINT: "FluxInpaintPipeline",
                (False, False, True): "FluxControlNetPipeline",
                (True, False, True): "FluxControlNetImg2ImgPipeline",
                (True, True, True): "FluxControlNetInpaintPipeline",
            },
            controlnet="FluxControlNetModel",
        ),
        PipelineKind("Flux2Pipeline", "FLUX.2", "flux2", distilled=True, true_cfg=False, references=True),
        PipelineKind(
            "Flux2KleinPipeline",
            "FLUX.2",
            "flux2",
            references=True,
            variants={INPAINT: "Flux2KleinInpaintPipeline"},
        ),
        PipelineKind("Krea2Pipeline", "Krea 2", "krea2"),
        PipelineKind("OvisImagePipeline", "Ovis-Image", "ovis_image"),
        PipelineKind(
            "QwenImagePipeline",
            "Qwen-Image",
            "qwen_image",
            variants={
                IMG2IMG: "QwenImageImg2ImgPipeline",
                INPAINT: "QwenImageInpaintPipeline",
                (False, False, True): "QwenImageControlNetPipeline",
            },
            controlnet="QwenImageControlNetModel",
        ),
        PipelineKind(
            "StableDiffusion3Pipeline",
            "Stable Diffusion 3.5",
            "sd3",
            (*PARTS, "text_encoder_2", "text_encoder_3", "tokenizer_2", "tokenizer_3"),
            variants={
                IMG2IMG: "StableDiffusion3Img2ImgPipeline",
                INPAINT: "StableDiffusion3InpaintPipeline",
                (False, False, True): "StableDiffusion3ControlNetPipeline",
            },
            controlnet="SD3ControlNetModel",
        ),
        PipelineKind(
            "ZImagePipeline",
            "Z-Image",
            "z_image",
            variants={IMG2IMG: "ZImageImg2ImgPipeline", INPAINT: "ZImageInpaintPipeline"},
        ),
    )
}
"""By name."""
