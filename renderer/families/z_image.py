"""Z-Image: the base model with true CFG, and Turbo without."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, Final

import torch
from diffusers.models.transformers.transformer_z_image import SEQ_MULTI_OF, ZSingleStreamAttnProcessor
from torch import Tensor
from torch.nn.functional import pad

from planner.errors import UserError
from renderer.families.replaced import Replaced
from renderer.regional.family import Arguments, Family, Finish, ImageTokens, Joint, Place, Prompts, Texts
from renderer.regional.injection import Block, Call, Calls, Kind
from renderer.regional.schedule import TRAIN_TIMESTEPS

STAGES: Final = {"context_refiner": Kind.TEXT, "noise_refiner": Kind.IMAGE, "layers": Kind.SINGLE}
PLACES: Final[Mapping[str, Place]] = {
    **dict.fromkeys(("all_x_embedder", "noise_refiner"), Place.IMAGE),
    **dict.fromkeys(("cap_embedder", "context_refiner"), Place.TEXT),
    # The last layer acts on the texts too, though nothing comes of it.
    **dict.fromkeys(("layers", "all_final_layer"), Place.JOINT),
}


class ZImage(Family):
    """Z-Image: single blocks alone, behind stages for the texts and for the image.

    A text is filled up with a learned token to a multiple of 32, and so is the image, whose places begin
    where the text's end. A batch comes in lists.
    """

    transformer = "ZImageTransformer2DModel"
    processors = (ZSingleStreamAttnProcessor,)
    image_first = True
    masks_prompts = True

    def blocks(self, transformer: Any) -> Iterator[tuple[Any, Block]]:
        for name, kind in STAGES.items():
            for index, block in enumerate(getattr(transformer, name)):
                yield block.attention, Block(kind, index, f"{name}.{index}")

    def width(self, transformer: Any) -> tuple[int, ...]:
        return (transformer.config["cap_feat_dim"],)

    def longest_side(self, transformer: Any) -> int | None:
        return min(transformer.config["axes_lens"][1:])

    def noise(self, call: Arguments) -> Tensor:
        return 1 - call["t"]  # its time runs from 0 to 1

    def levels(self, timesteps: Tensor, dtype: torch.dtype) -> Tensor:
        return 1 - ((TRAIN_TIMESTEPS - timesteps) / TRAIN_TIMESTEPS).to(dtype)

    def prompts(self, call: Arguments) -> Sequence[Tensor]:
        if isinstance(call["x"][0], list):
            raise UserError("regions don't work with reference pictures of Z-Image")
        return tuple(call["cap_feats"])

    def text_tokens(self, call: Arguments) -> int:
        return max(self.slot(len(text)) for text in call["cap_feats"])

    def image_tokens(self, transformer: Any, call: Arguments) -> ImageTokens:
        picture = prod(_grid(call))
        return ImageTokens(picture, pads=-picture % SEQ_MULTI_OF)

    def slot(self, length: int) -> int:
        return length + -length % SEQ_MULTI_OF

    def lengthen(
        self, transformer: Any, call: Arguments, texts: Texts, image: ImageTokens
    ) -> tuple[Arguments, Any]:
        if call.get("controlnet_block_samples") is not None:
            raise UserError("regions don't work with ControlNets of Z-Image, which add to the text too")
        plain, slots = ([*map(self.slot, n)] for n in (map(len, call["cap_feats"]), texts.lengths))
        padded = (pad(text, (0, 0, 0, -text.shape[1] % SEQ_MULTI_OF)) for text in texts.embeds)
        # Every text ends right before the image, as it would by itself.
        end, device = max(*slots, *plain), texts.embeds[0].device
        grid = transformer.create_coordinate_grid(_grid(call), (end + 1, 0, 0), device).flatten(0, 2)
        images, places, pads = list[Tensor](), list[Tensor](), list[Tensor]()
        for picture, last in enumerate(texts.last):
            own = (texts.held[picture] if texts.held else texts.lengths)[: len(slots)]
            counts = [torch.arange(slot, device=device) for slot in slots]
            pads.append(torch.cat([count >= length for count, length in zip(counts, own, strict=True)]))
            # What of a slot is none of this picture's is seen by nothing, but has some place in the table.
            first = [end + 1 - self.slot(length) for length in own]
            text = torch.cat([count + start for count, start in zip(counts, first, strict=True)])
            places.append(pad(text.clamp(max=end)[:, None], (0, 2)))
            # The image's padding is before the text of its region; where it is in none, as in the plain call.
            before = end - plain[picture] if last < 0 else first[last] - 1
            images.append(torch.cat([grid, pad(grid.new_full((image.pads, 1), before), (0, 2))]))
        return {"cap_feats": [*torch.cat([*padded], dim=1)]}, (images, places, pads)

    def install(self, transformer: Any, calls: Calls) -> Iterable[Any]:
        def placed(stock: Any, *args: Any, **named: Any) -> Any:
            """Tokens and which are padding: in a regional call at the places that `lengthen` has told."""
            image, text, sizes, places, text_places, pads, text_pads = stock(*args, **named)
            if calls.now is not None and calls.now.injection is not None:
                places, text_places, text_pads = calls.now.kept
            return image, text, sizes, places, text_places, pads, text_pads

        yield Replaced(transformer, "patchify_and_embed", placed)

    def project(self, attn: Any, block: Block, call: Call, arguments: Arguments) -> tuple[Joint, Finish]:
        states, places = arguments["hidden_states"], arguments["freqs_cis"]
        layers = attn.to_q, attn.to_k, attn.to_v
        query, key, value = (layer(states).unflatten(-1, (attn.heads, -1)) for layer in layers)
        if attn.norm_q is not None:
            query, key = attn.norm_q(query), attn.norm_k(key)
        joint = _rotated(query, places), _rotated(key, places), value
        return joint, lambda output: attn.to_out[1](attn.to_out[0](output.flatten(2)))

    def place_of(self, layer: str) -> Place:
        return Place.NONE if "adaLN" in layer else PLACES.get(layer.partition(".")[0], Place.NONE)

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        asked: dict[str, Any] = {"do_classifier_free_guidance": False, "max_sequence_length": length}
        embeds, _ = pipeline.encode_prompt([*prompts], **asked)
        return Prompts(tuple(text[None] for text in embeds))

    def tokens(self, pipeline: Any, prompt: str) -> int:
        asked = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": True}
        text = pipeline.tokenizer.apply_chat_template([{"role": "user", "content": prompt}], **asked)
        return len(pipeline.tokenizer(text, verbose=False).input_ids)

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        given = {"prompt_embeds": prompts} | ({"negative_prompt_embeds": negative} if negative else {})
        return {name: [text[0] for text in each.embeds] for name, each in given.items()}

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        # Its scale counts from the prompt's own prediction.
        return {"guidance_scale": true_cfg_scale - 1}


def _grid(call: Arguments) -> tuple[int, int, int]:
    """How many tokens a call's pictures have in time, height and width."""
    frames, height, width = call["x"][0].shape[1:]
    side = call.get("patch_size", 2)
    return frames // call.get("f_patch_size", 1), height // side, width // side


def _rotated(part: Tensor, places: Tensor) -> Tensor:
    """Query or key (B, n, heads, head width), rotated by complex (B, n, half of that width)."""
    pairs = torch.view_as_complex(part.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * places.unsqueeze(2)).flatten(3).type_as(part)


FAMILY = ZImage()
