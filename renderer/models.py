"""Loading a FLUX pipeline, from its folder or the hub."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

import torch
from diffusers import FluxPipeline
from diffusers.utils import logging as diffusers_logging
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from safetensors import SafetensorError, safe_open
from transformers.utils import logging as transformers_logging

from planner.errors import UserError, WorldError
from renderer.texts import Texts

if TYPE_CHECKING:
    from renderer.cards import ModelCard

Part = Literal["whole", "encoders", "denoiser"]
"""What of a model is loaded: its text encoders, all that comes after them, or both."""

_LEFT_OUT: dict[Part, tuple[str, ...]] = {
    "whole": (),
    "encoders": ("transformer", "vae"),
    "denoiser": ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"),
}


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded pipeline, what its card says, and what its text encoders have read lately.

    Its scheduler and its attention processors have state, so that one thread draws at a time: the `lock`'s.
    """

    card: "ModelCard"
    pipeline: FluxPipeline
    texts: Texts = field(default_factory=Texts, repr=False)
    lock: RLock = field(default_factory=RLock, repr=False)


def load_model(card: "ModelCard", part: Part = "whole") -> Model:
    """The card's pipeline on the best device at hand: bfloat16 on CUDA, float32 elsewhere.

    Of a `part` the pipeline has no more than that, as diffusers has it where memory is short. Only
    safetensors are read and no remote code is run. Raises `UserError` for a folder that can't be loaded
    or a name that the hub doesn't know, `WorldError` where the hub can't be reached or wants a licence
    accepted.
    """
    cuda = torch.cuda.is_available()
    # The program has a progress bar of its own.
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    try:
        pipeline = FluxPipeline.from_pretrained(
            card.source,
            dtype=torch.bfloat16 if cuda else torch.float32,
            use_safetensors=True,
            local_files_only=card.local,
            **dict.fromkeys(_LEFT_OUT[part]),
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
        raise _unloadable(card, error) from error
    pipeline.set_progress_bar_config(disable=True)
    return Model(card, _placed(pipeline, cuda))


def _unloadable(card: "ModelCard", error: Exception) -> UserError | WorldError:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if not card.local:
        return WorldError(f"{card.name}: can't be fetched from the hub ({reason})", "model")
    broken = next(_broken_weights(Path(card.source)), None)
    reason = f"{broken} is no safetensors file" if broken else reason
    return UserError(f"{card.name}: the folder can't be loaded as a FLUX pipeline ({reason})", "model")


def _broken_weights(folder: Path) -> Iterator[Path]:
    """Files of weights that can't be read; the libraries' own messages leave out which."""
    for path in sorted(folder.rglob("*.safetensors")):
        try:
            with safe_open(path, "pt"):
                pass
        except (OSError, SafetensorError):
            yield path


def _placed(pipeline: FluxPipeline, cuda: bool) -> FluxPipeline:
    """On the GPU; where it is too small for the whole pipeline, parts take turns there."""
    if not cuda:
        return pipeline
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
