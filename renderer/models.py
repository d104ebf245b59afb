"""Loading a pipeline, from its folder or the hub."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

import diffusers
import torch
from diffusers.utils import logging as diffusers_logging
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from safetensors import SafetensorError, safe_open
from transformers.utils import logging as transformers_logging

from planner.errors import UserError, WorldError
from renderer.families import family_for
from renderer.pipelines import PipelineKind
from renderer.prompt_cache import PromptCache
from renderer.regional.family import Family

if TYPE_CHECKING:
    from renderer.cards import ModelCard

Part = Literal["whole", "encoders", "denoiser"]
"""The part of a model that is loaded: its text encoders, everything after them, or both."""


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded pipeline, its card, and a cache of what its text encoders have encoded lately.

    Its scheduler and its attention processors have state, so that one thread draws at a time: the one that
    has the `lock`.
    """

    card: "ModelCard"
    pipeline: Any
    prompt_cache: PromptCache = field(default_factory=PromptCache, repr=False)
    lock: RLock = field(default_factory=RLock, repr=False)

    @property
    def kind(self) -> PipelineKind:
        """What its pipeline takes."""
        return self.card.kind

    @cached_property
    def family(self) -> Family:
        """The family of its transformer."""
        return family_for(self.kind)


def load_model(card: "ModelCard", part: Part = "whole") -> Model:
    """The card's pipeline on the best device: bfloat16 on CUDA, float32 elsewhere.

    With a `part` the pipeline has that part only, as diffusers allows where memory is short. Only safetensors
    are read, and no remote code is run. Raises `UserError` for a folder that can't be loaded or a name that
    the hub doesn't know, `WorldError` where the hub can't be reached or wants a licence accepted.
    """
    cuda = torch.cuda.is_available()
    # The program has a progress bar of its own.
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    left_out: dict[Part, tuple[str, ...]] = {
        "whole": (),
        "encoders": ("transformer", "vae"),
        "denoiser": card.kind.encoders,
    }
    try:
        pipeline = getattr(diffusers, card.kind.name).from_pretrained(
            card.source,
            dtype=torch.bfloat16 if cuda else torch.float32,
            use_safetensors=True,
            local_files_only=card.local,
            **dict.fromkeys(left_out[part]),
        )
    except GatedRepoError as error:
        raise WorldError(
            f"{card.name}: the hub wants its licence accepted: "
            f"visit https://huggingface.co/{card.source}, then `hf auth login`",
            "model",
        ) from error
    except RepositoryNotFoundError as error:
        raise UserError(
            f"{card.name}: the hub knows no such model, or it needs `hf auth login`", "model"
        ) from error
    except Exception as error:  # every library that reads a part of it has faults of its own
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        if not card.local:
            raise WorldError(f"{card.name}: can't be fetched from the hub ({reason})", "model") from error
        broken = _broken_weights(Path(card.source))
        reason = f"{broken} is no safetensors file" if broken else reason
        raise UserError(
            f"{card.name}: the folder can't be loaded as a {card.kind.name} ({reason})", "model"
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    return Model(card, _on_gpu(pipeline) if cuda else pipeline)


def _broken_weights(folder: Path) -> Path | None:
    """The first file of weights that can't be read; the libraries' own messages leave out which."""
    for path in sorted(folder.rglob("*.safetensors")):
        try:
            with safe_open(path, "pt"):
                pass
        except (OSError, SafetensorError):
            return path
    return None


def _on_gpu(pipeline: Any) -> Any:
    """The pipeline on the GPU; if that is too small for all of it, its parts take turns there."""
    parts: tuple[Any, ...] = tuple(pipeline.components.values())
    parameters = sum(
        p.numel() * p.element_size()
        for part in parts
        if isinstance(part, torch.nn.Module)
        for p in part.parameters()
    )
    if torch.cuda.mem_get_info()[0] > parameters * 1.25:
        return pipeline.to("cuda")
    pipeline.enable_model_cpu_offload()
    return pipeline
