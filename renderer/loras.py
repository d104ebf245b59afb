"""LoRAs from files, in a pipeline for a while: in the transformer while it draws, in text encoders likewise.

diffusers loads the layers of a file for the transformer and for CLIP. Some files for FLUX.1 have layers for
T5 too, which encodes its prompts: those are loaded here. Of other models the text encoders take no LoRA.
"""

import re
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from diffusers.loaders.lora_base import (
    _fetch_state_dict,  # pyright: ignore[reportPrivateUsage]  # the public way drops T5's layers
)
from diffusers.utils import logging as diffusers_logging
from diffusers.utils.peft_utils import recurse_remove_peft_layers, set_weights_and_activate_adapters
from peft import LoraConfig
from torch import Tensor, nn

from planner.errors import UserError
from renderer.warning import warn

if TYPE_CHECKING:
    from renderer.extras import Lora

Adapters = Mapping[str, "Lora"]
"""LoRAs by the names of their peft adapters."""

CLIP, T5 = "text_encoder", "text_encoder_2"

LEFT_OUT = (
    "of the LoRA {name!r} its layers of CLIP are left out, since it is for a region and CLIP's vector is the "
    "whole picture's"
)

T5_KEY = re.compile(
    r"(?:text_encoder_2\.|text_encoders\.t5xxl\.transformer\.|lora_te[23]_)"
    r"(?P<layer>.+?)\.(?P<part>lora_A\.weight|lora_B\.weight|lora_down\.weight|lora_up\.weight|alpha)"
)
"""A part of a layer of T5, as peft, ComfyUI, and kohya's scripts or OneTrainer name it."""

_QUIET = RLock()
"""Held while the libraries' messages are off, which they are for the whole process."""


def adapters_of(loras: "Sequence[Lora]") -> Adapters:
    """The LoRAs by names for their adapters, which contain the names of their files."""
    stems = [re.sub(r"\W+", "_", Path(lora.source).stem) for lora in loras]
    return {f"{stem}-{i}": lora for i, (stem, lora) in enumerate(zip(stems, loras, strict=True), 1)}


def check_regions(loras: "Sequence[Lora]", names: Sequence[str]) -> None:
    """Raise `UserError` for a LoRA of a region that is none of `names`."""
    for lora in loras:
        if lora.region is not None and lora.region not in names:
            raise UserError(
                f"{lora.source}@{lora.region}: the plan draws no region {lora.region!r}; it draws "
                f"{', '.join(map(repr, names))}",
                "lora",
            )


@contextmanager
def loras_in_transformer(pipeline: Any, adapters: Adapters) -> Generator[tuple[str, ...], None, None]:
    """The transformer with the LoRAs' layers for it; yields the names of the LoRAs that have any.

    Afterwards it has no LoRA. Raises `UserError` for a file that can't be read, and for a pipeline that has
    LoRAs already.
    """
    with _unloading(pipeline, adapters):
        files = {name: _read(pipeline, lora) for name, lora in adapters.items()}
        names = tuple(name for name, file in files.items() if file.holds("transformer"))
        for name in names:
            with _naming(adapters[name]):
                files[name].into_transformer(pipeline, name)
        if names:
            pipeline.transformer.set_adapters([*names], [adapters[name].weight for name in names])
        yield names


@dataclass(frozen=True, eq=False)
class EncoderLoras:
    """The LoRAs that a pipeline's text encoders have, by name."""

    pipeline: Any
    adapters: Adapters

    def active_for(self, region: str | None) -> frozenset[str]:
        """Those that are active while a prompt of a region is encoded, or one of the whole picture (None)."""
        return frozenset(name for name, lora in self.adapters.items() if lora.region in {None, region})

    def activate(self, names: frozenset[str]) -> None:
        """Make these active, and no others."""
        for part in (CLIP, T5):
            encoder: Any = getattr(self.pipeline, part, None)
            present = getattr(encoder, "peft_config", None) or ()
            weights = {
                name: lora.weight if name in names else 0.0
                for name, lora in self.adapters.items()
                if name in present
            }
            if weights:
                set_weights_and_activate_adapters(encoder, list(weights), list(weights.values()))


@contextmanager
def loras_in_encoders(pipeline: Any, adapters: Adapters) -> Generator[EncoderLoras, None, None]:
    """The text encoders with the LoRAs' layers for them, none of them active yet; raises likewise.

    A region's LoRA leaves out its layers for CLIP, with a warning: CLIP's vector is the whole picture's.
    """
    if not _has_t5(pipeline):
        yield EncoderLoras(pipeline, {})
        return
    with _unloading(pipeline, adapters):
        loaded = dict[str, "Lora"]()
        for name, lora in adapters.items():
            file, everywhere = _read(pipeline, lora), lora.region is None
            with _naming(lora):
                if file.into_encoders(pipeline, name, clip=everywhere):
                    loaded[name] = lora
            if file.holds(CLIP) and not everywhere:
                warn(LEFT_OUT.format(name=name), stacklevel=3)
        yield EncoderLoras(pipeline, loaded)


@contextmanager
def _unloading(pipeline: Any, adapters: Adapters) -> Generator[None, None, None]:
    """Afterwards the pipeline has no LoRA; it must have none before, whose weight would be lost."""
    if not adapters:
        yield
        return
    if not hasattr(pipeline, "load_lora_into_transformer"):
        raise UserError(f"diffusers loads no LoRAs into a {type(pipeline).__name__}", "lora")
    second: Any = getattr(pipeline, T5, None)
    if any(pipeline.get_list_adapters().values()) or getattr(second, "peft_config", None):
        raise UserError("the model has LoRAs already: give them all with the extras, or none")
    try:
        yield
    finally:
        pipeline.unload_lora_weights()
        if getattr(second, "peft_config", None):
            recurse_remove_peft_layers(second)
            del second.peft_config
            second._hf_peft_config_loaded = False


@dataclass(frozen=True, eq=False)
class _File:
    """What the file of a LoRA holds: layers in diffusers' names, and those of T5 in the file's own."""

    state: Mapping[str, Tensor]
    alphas: Any
    metadata: Any
    t5: Mapping[str, Tensor]

    def holds(self, part: str) -> bool:
        """Whether there is anything for that part of the pipeline."""
        return any(key.startswith(f"{part}.") for key in self.state)

    def into_transformer(self, pipeline: Any, name: str) -> None:
        """Load what there is for the transformer."""
        # Older mixins of diffusers take the alphas apart, newer ones within the layers.
        alphas = {"network_alphas": self.alphas} if _takes_alphas(pipeline) else {}
        pipeline.load_lora_into_transformer(
            dict(self.state),
            **alphas,
            transformer=pipeline.transformer,
            adapter_name=name,
            metadata=self.metadata,
            _pipeline=pipeline,
        )

    def into_encoders(self, pipeline: Any, name: str, *, clip: bool) -> bool:
        """Load what there is for T5, and for CLIP where it is wanted; returns whether there was any."""
        clip = clip and self.holds(CLIP)
        if clip:
            pipeline.load_lora_into_text_encoder(
                dict(self.state), self.alphas, pipeline.text_encoder, CLIP,
                adapter_name=name, metadata=self.metadata, _pipeline=pipeline,
            )  # fmt: skip
        if self.t5:
            load_t5(pipeline.text_encoder_2, self.t5, name)
        return clip or bool(self.t5)


def _read(pipeline: Any, lora: "Lora") -> _File:
    path = Path(lora.source)
    folder, file = (path.parent, path.name) if path.is_file() else (lora.source, None)
    with _naming(lora):
        settings = dict.fromkeys(("local_files_only", "cache_dir", "force_download", "proxies", "token"))
        raw, metadata = _fetch_state_dict(
            str(folder), file, True, **settings, revision=None, subfolder=None, user_agent=None,
            allow_pickle=False,
        )  # fmt: skip
        t5 = {key: raw.pop(key) for key in list(raw) if T5_KEY.match(key)} if _has_t5(pipeline) else {}
        told = {"return_alphas": True} if _takes_alphas(pipeline) else {}
        state, *alphas, _ = pipeline.lora_state_dict(raw, return_lora_metadata=True, **told)
        read = _File(state, alphas[0] if alphas else None, metadata, t5)
        if not (t5 or read.holds("transformer") or read.holds(CLIP)):
            raise ValueError("it has no layers for any part of the model")
    return read


def _takes_alphas(pipeline: Any) -> bool:
    """Whether diffusers' mixin takes a LoRA's alphas apart from its layers."""
    return "network_alphas" in signature(pipeline.load_lora_into_transformer).parameters


def _has_t5(pipeline: Any) -> bool:
    """Whether T5 is the second text encoder and the last, as in FLUX.1: files may have layers for it."""
    return T5 in pipeline.components and "text_encoder_3" not in pipeline.components


def load_t5(encoder: Any, layers: Mapping[str, Tensor], name: str) -> None:
    """Give a T5 encoder the LoRA `name` of these layers, by their names in files (`T5_KEY`).

    Raises `ValueError` for a layer that the encoder does not have, or that is not whole.
    """
    # 1. Sort the tensors by the layers of the encoder.
    linear = [path for path, layer in encoder.named_modules() if isinstance(layer, nn.Linear)]
    # A layer that has another LoRA already is within it, beside the halves of that LoRA.
    paths = [path.removesuffix(".base_layer") for path in linear if ".lora_" not in path]
    known = {path.replace(".", "_"): path for path in paths}
    parts = dict[str, dict[str, Tensor]]()
    for key, tensor in layers.items():
        found = T5_KEY.fullmatch(key)
        path = found and known.get(found["layer"].replace(".", "_"))
        if not found or not path:
            raise ValueError(f"the T5 encoder has no such layer: {key}")
        parts.setdefault(path, {})[found["part"].removesuffix(".weight")] = tensor

    # 2. Bring down and up halves into peft's names, up times alpha over the rank.
    state, ranks = dict[str, Tensor](), dict[str, int]()
    for path, part in parts.items():
        down, up = part.get("lora_A", part.get("lora_down")), part.get("lora_B", part.get("lora_up"))
        if down is None or up is None:
            raise ValueError(f"of the T5 layer {path} one half is missing")
        scale = float(part["alpha"]) / len(down) if "alpha" in part else 1.0
        state |= {f"{path}.lora_A.weight": down, f"{path}.lora_B.weight": up * scale}
        ranks[path] = len(down)

    # 3. Load them.
    config = LoraConfig(
        r=1, lora_alpha=1, target_modules=list(ranks), rank_pattern=ranks, alpha_pattern=ranks
    )
    encoder.load_adapter(adapter_name=name, adapter_state_dict=state, peft_config=config)
    encoder.to(device=encoder.device, dtype=encoder.dtype)


@contextmanager
def _naming(lora: "Lora") -> Generator[None, None, None]:
    """Turn any error into one line that names the LoRA."""
    try:
        with quiet():
            yield
    except Exception as error:  # every library that reads a part of it has faults of its own
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(f"{lora.source}: can't be loaded as a LoRA ({reason})", "lora") from error


@contextmanager
def quiet() -> Generator[None, None, None]:
    """Without the libraries' messages about layers that are missing, or there twice, as they should be."""
    with _QUIET, warnings.catch_warnings():
        level = diffusers_logging.get_verbosity()
        diffusers_logging.set_verbosity_error()
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            diffusers_logging.set_verbosity(level)
