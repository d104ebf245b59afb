"""The models that have short names, with the settings that their makers give them. Torch is not imported.

Steps and guidance are those of the makers' examples, or of diffusers' documentation; none of these models was
drawn with. β, T and B are as in the paper's examples (0.1, 40 % of the steps, 1), but for models that are
distilled to a few steps, where T is 75 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from renderer.pipelines import PIPELINES, PipelineKind
from renderer.settings import Recipe

RANDOM: Final = "exactness, on small random weights; no picture was judged"
"""What was shown of a family whose weights were not at hand."""


@dataclass(frozen=True)
class KnownModel:
    """A model by its short name.

    `source` is its name on the hub, and `pipeline` its pipeline's in diffusers. `billions` are the parameters
    of its transformer and of its text encoders. `words` mark it among those of its pipeline, in a folder's
    name or on the hub; `config` does so in the files of a pipeline, by `part.key`. `tested` says what was
    shown of it here.
    """

    name: str
    source: str
    pipeline: str
    licence: str
    billions: tuple[float, float]
    recipe: Recipe
    words: tuple[str, ...] = ()
    config: tuple[str, bool] | None = None
    tested: str = RANDOM

    @property
    def kind(self) -> PipelineKind:
        """What its pipeline takes."""
        return PIPELINES[self.pipeline]

    @property
    def gigabytes(self) -> tuple[float, float]:
        """Its weights in bfloat16: of all parts at once, and of the largest where they take turns."""
        return 2 * sum(self.billions), 2 * max(self.billions)


def _recipe(
    steps: int,
    *,
    guidance_scale: float = 0.0,
    true_cfg_scale: float = 1.0,
    max_sequence_length: int = 512,
) -> Recipe:
    return Recipe(
        steps=steps,
        guidance_scale=guidance_scale,
        true_cfg_scale=true_cfg_scale,
        base_ratio=0.1,
        inject_steps="75%" if steps <= 8 else "40%",
        double_interval=1,
        single_interval=1,
        max_sequence_length=max_sequence_length,
    )


FLUX_DEV: Final = _recipe(24, guidance_scale=3.5)
"""FLUX.1-dev as the paper's authors run it in their examples (24 steps, guidance 3.5, T = 10, β = 0.1)."""

FLUX_SCHNELL: Final = _recipe(4, max_sequence_length=256)
"""FLUX.1-schnell is distilled to four steps and takes 256 tokens of text.

T = 3 of 4 steps draws best on tiny-flux with schnell's schedule, whose noise falls by a quarter a step. T =
0, 1, 2, 3, 4 draw 6, 36, 48, 51, 51 of 60 scenes of one and two things right, and picture by picture 3 is
better than 2 by 5 points (0 to 11.7). T as the authors have it, 10, would be all of four steps, with none
left to the whole picture. Not tried on schnell itself. tiny-flux likes a large T at 24 steps too (70 %, where
the authors' dev has 40 %), so that some of this may be its own.
"""

_BFL: Final = "black-forest-labs"

KNOWN: Final = (
    KnownModel(
        "flux-dev",
        f"{_BFL}/FLUX.1-dev",
        "FluxPipeline",
        "FLUX.1 [dev] (non-commercial)",
        (11.9, 4.9),
        FLUX_DEV,
        ("dev",),
        ("transformer.guidance_embeds", True),
        "parity with the paper's code, on small weights",
    ),
    KnownModel(
        "flux-schnell",
        f"{_BFL}/FLUX.1-schnell",
        "FluxPipeline",
        "Apache-2.0",
        (11.9, 4.9),
        FLUX_SCHNELL,
        ("schnell",),
        ("transformer.guidance_embeds", False),
        "parity with the paper's code, on small weights; T chosen on tiny",
    ),
    KnownModel(
        "flux2-klein",
        f"{_BFL}/FLUX.2-klein-4B",
        "Flux2KleinPipeline",
        "Apache-2.0",
        (3.9, 4.0),
        _recipe(4),
        ("klein",),
        ("model_index.is_distilled", True),
    ),
    KnownModel(
        "flux2-klein-base",
        f"{_BFL}/FLUX.2-klein-base-4B",
        "Flux2KleinPipeline",
        "Apache-2.0",
        (3.9, 4.0),
        _recipe(50, true_cfg_scale=4.0),
        ("base",),
        ("model_index.is_distilled", False),
    ),
    KnownModel(
        "flux2-dev",
        f"{_BFL}/FLUX.2-dev",
        "Flux2Pipeline",
        "FLUX [dev] (non-commercial)",
        (32.2, 24.0),
        _recipe(50, guidance_scale=4.0),
    ),
    KnownModel(
        "z-image",
        "Tongyi-MAI/Z-Image",
        "ZImagePipeline",
        "Apache-2.0",
        (6.2, 4.0),
        _recipe(50, true_cfg_scale=5.0),
    ),
    KnownModel(
        "z-image-turbo",
        "Tongyi-MAI/Z-Image-Turbo",
        "ZImagePipeline",
        "Apache-2.0",
        (6.2, 4.0),
        _recipe(8),
        ("turbo",),
    ),
    KnownModel(
        "qwen-image",
        "Qwen/Qwen-Image",
        "QwenImagePipeline",
        "Apache-2.0",
        (20.4, 8.3),
        _recipe(50, true_cfg_scale=4.0),
    ),
    KnownModel(
        "krea2",
        "krea/Krea-2-Raw",
        "Krea2Pipeline",
        "Krea 2 community licence",
        (12.8, 4.4),
        _recipe(28, true_cfg_scale=5.5),
        (),
        ("model_index.is_distilled", False),
    ),
    KnownModel(
        "krea2-turbo",
        "krea/Krea-2-Turbo",
        "Krea2Pipeline",
        "Krea 2 community licence",
        (12.8, 4.4),
        _recipe(8),
        ("turbo",),
        ("model_index.is_distilled", True),
    ),
    KnownModel(
        "chroma",
        "lodestones/Chroma1-HD",
        "ChromaPipeline",
        "Apache-2.0",
        (8.9, 4.8),
        _recipe(40, true_cfg_scale=3.0),
    ),
    KnownModel(
        "ovis-image",
        "AIDC-AI/Ovis-Image-7B",
        "OvisImagePipeline",
        "Apache-2.0",
        (7.4, 2.0),
        _recipe(50, true_cfg_scale=5.0, max_sequence_length=256),
    ),
    KnownModel(
        "sd3.5-large",
        "stabilityai/stable-diffusion-3.5-large",
        "StableDiffusion3Pipeline",
        "Stability AI community licence",
        (8.1, 5.6),
        _recipe(28, true_cfg_scale=3.5, max_sequence_length=256),
    ),
)
"""The models with short names, beside `tiny`."""


def known_by(name: str) -> KnownModel | None:
    """The model of a short name, or of a name on the hub."""
    return next((model for model in KNOWN if name.lower() in {model.name, model.source.lower()}), None)


def likest(pipeline: str, name: str, configs: Mapping[str, Mapping[str, Any]]) -> KnownModel:
    """The known model that is run as one of this pipeline is, by what its files and its name say of it.

    `configs` has what was read of its files: its `model_index`, and its `transformer`'s configuration.
    """
    alike = [model for model in KNOWN if model.pipeline == pipeline]
    for model in alike:
        if model.config is not None:
            part, key = model.config[0].split(".")
            # A file that was not read says nothing; in one that was, what is not there is False.
            if part in configs and configs[part].get(key, False) is model.config[1]:
                return model
    lowered = name.lower()
    named = [model for model in alike if any(word in lowered for word in model.words)]
    return (named or alike)[0]
