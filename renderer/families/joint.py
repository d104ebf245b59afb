"""What the transformers have in common that are built as FLUX.1 is: double blocks, then single ones."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import torch
from diffusers.models.embeddings import apply_rotary_emb
from torch import Tensor, nn

from renderer.regional.family import Arguments, Family, Finish, ImageTokens, Joint, Place, Texts
from renderer.regional.injection import Block, Calls, Kind

Rotate = Callable[[Tensor], Tensor]


def rotation(rope: Any) -> Rotate:
    """Rotary embedding by cosines and sines, each float32 (rows, head width); None is none.

    There may be more rows than the sequence has: the first ones count.
    """

    def rotate(part: Tensor) -> Tensor:
        if rope is None:
            return part
        rows: Any = tuple(table[: part.shape[1]] for table in rope)
        return cast(Tensor, apply_rotary_emb(part, rows, sequence_dim=1))

    return rotate


def heads(attn: Any, parts: Sequence[Tensor]) -> list[Tensor]:
    """Query, key and value (B, n, width) as (B, n, heads, head width), query and key normed."""
    query, key, value = (part.unflatten(-1, (-1, attn.head_dim)) for part in parts)
    return [attn.norm_q(query), attn.norm_k(key), value]


def added_heads(attn: Any, parts: Sequence[Tensor]) -> list[Tensor]:
    """The same of the text's own projections."""
    query, key, value = (part.unflatten(-1, (-1, attn.head_dim)) for part in parts)
    return [attn.norm_added_q(query), attn.norm_added_k(key), value]


def joined(text: Sequence[Tensor], image: Sequence[Tensor]) -> Joint:
    """`[text, image]` of query, key and value."""
    query, key, value = (torch.cat(pair, dim=1) for pair in zip(text, image, strict=True))
    return query, key, value


def rotated(joint: Sequence[Tensor], rotate: Rotate) -> Joint:
    """With query and key rotated."""
    query, key, value = joint
    return rotate(query), rotate(key), value


class JointFamily(Family):
    """Double blocks, then single ones on `[text, image]`; prompts and latents are one tensor each, and the
    places of all tokens are given as ids (n, axes), whose first is 0 in the picture itself.
    """

    def blocks(self, transformer: Any) -> Iterator[tuple[Any, Block]]:
        for kind, name in ((Kind.DOUBLE, "transformer_blocks"), (Kind.SINGLE, "single_transformer_blocks")):
            for index, block in enumerate(getattr(transformer, name)):
                yield block.attn, Block(kind, index, f"{name}.{index}")

    def width(self, transformer: Any) -> tuple[int, ...]:
        return (transformer.config["joint_attention_dim"],)

    def noise(self, call: Arguments) -> Tensor:
        return call["timestep"]

    def prompts(self, call: Arguments) -> Sequence[Tensor]:
        return tuple(call["encoder_hidden_states"])

    def text_tokens(self, call: Arguments) -> int:
        return call["encoder_hidden_states"].shape[1]

    def image_tokens(self, transformer: Any, call: Arguments) -> ImageTokens:
        ids: Tensor = call["img_ids"]
        references = int((ids[0] if ids.ndim == 3 else ids)[:, 0].count_nonzero())
        return ImageTokens(call["hidden_states"].shape[1] - references, references)

    def text_ids(self, length: int, like: Tensor) -> Tensor:
        """The places of a text's tokens, (length, axes)."""
        return like.new_zeros(length, like.shape[-1])

    def lengthen(
        self, transformer: Any, call: Arguments, texts: Texts, image: ImageTokens
    ) -> tuple[Arguments, Any]:
        # A text begins where it would by itself. A copy of the image has the image's places.
        like, places = (ids[0] if ids.ndim == 3 else ids for ids in (call["txt_ids"], call["img_ids"]))
        ids = [self.text_ids(length, like) for length in texts.lengths]
        ids += [places] * texts.copied
        return {"encoder_hidden_states": torch.cat(texts.embeds, dim=1), "txt_ids": torch.cat(ids)}, None

    def place_of(self, layer: str) -> Place:
        kind, *path = layer.split(".")
        if kind in {"x_embedder", "proj_out"}:
            return Place.IMAGE
        if kind == "context_embedder":
            return Place.TEXT
        if kind not in {"transformer_blocks", "single_transformer_blocks"} or path[1].startswith("norm"):
            return Place.NONE
        if kind == "single_transformer_blocks":
            return Place.JOINT
        return Place.TEXT if path[1] == "ff_context" or "add" in path[2] else Place.IMAGE


def split(attn: Any, text: int, image: int) -> Finish:
    """The end of a double block's attention: the output of the image, and of the text."""

    def finish(output: Tensor) -> Any:
        added, own = output.flatten(2).split([text, image], dim=1)
        return attn.to_out[1](attn.to_out[0](own)), attn.to_add_out(added)

    return finish


def concatenated_copy(transformer: Any, calls: Calls) -> Iterator[Any]:
    """The hook that appends a copy of the image where single blocks take `[text, image]` as one.

    The copy goes before the image, so that the texts and both their branches' images follow one another.
    """

    def append_base_image(_block: nn.Module, args: Any, arguments: Arguments) -> Any:
        if calls.now is None or calls.now.injection is None:
            return None
        named = {"hidden_states": args[0]} if args else {}
        states = {**named, **arguments}["hidden_states"]
        # There are places for the copy too, or as many as tokens.
        copied = len(arguments["image_rotary_emb"][0]) - states.shape[1]
        if copied == 0:
            return None
        longer = torch.cat([states, states[:, -copied:]], dim=1)
        return args[1:], {**arguments, "hidden_states": longer}

    for first in transformer.single_transformer_blocks[:1]:
        yield first.register_forward_pre_hook(append_base_image, with_kwargs=True)


def without_copy(output: Any, image: ImageTokens, texts: Texts) -> Any:
    """The output of a transformer that takes off the texts alone, without the copy of the image."""
    if not texts.copied:
        return output
    tokens = image.picture + image.pads + image.references
    if isinstance(output, tuple):
        return output[0][:, -tokens:], *output[1:]
    output.sample = output.sample[:, -tokens:]
    return output
