"""The pipelines of diffusers that pictures are drawn with, and what each takes. Torch is not imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Variant = tuple[bool, bool, bool]
"""Whether there are a start image, an inpainting mask, and ControlNets."""


@dataclass(frozen=True)
class PipelineKind:
    """A text-to-image pipeline by its name in diffusers.

    `parts` are the folders that it needs, `variants` diffusers' pipelines of the same parts that take more,
    and `controlnet` the class of a ControlNet. `distilled` says whether it takes a distilled guidance scale,
    `true_cfg` whether it has a negative pass, `references` whether it takes reference pictures.
    """

    name: str
    family: str
    parts: tuple[str, ...]
    distilled: bool = False
    true_cfg: bool = True
    references: bool = False
    variants: Mapping[Variant, str] = field(default_factory=dict[Variant, str])
    controlnet: str | None = None

    @property
    def encoders(self) -> tuple[str, ...]:
        """The parts that encode prompts."""
        return tuple(part for part in self.parts if part.startswith(("text_", "tokenizer")))


IMG2IMG: Final = (True, False, False)
INPAINT: Final = (True, True, False)

_PARTS: Final = ("scheduler", "text_encoder", "tokenizer", "transformer", "vae")

PIPELINES: Final = {
    kind.name: kind
    for kind in (
        PipelineKind(
            "FluxPipeline",
            "FLUX.1",
            (
                "scheduler",
                "text_encoder",
                "text_encoder_2",
                "tokenizer",
                "tokenizer_2",
                "transformer",
                "vae",
            ),
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
        PipelineKind("Flux2Pipeline", "FLUX.2", _PARTS, distilled=True, true_cfg=False, references=True),
        PipelineKind(
            "Flux2KleinPipeline",
            "FLUX.2",
            _PARTS,
            references=True,
            variants={INPAINT: "Flux2KleinInpaintPipeline"},
        ),
    )
}
"""By name."""
