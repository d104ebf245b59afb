"""CLIP: how close is a picture to its prompt, and each region to its own? (Radford et al., arXiv 2103.00020;
the score is Hessel et al.'s, arXiv 2104.08718, without their factor.)
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoProcessor, CLIPModel

from evals.scorers.protocol import Drawn, Metric, Scored
from planner.errors import UserError, WorldError
from planner.plans import Plan
from planner.scene import GRID
from planner.shapes import given_boxes


@dataclass(frozen=True)
class Clip:
    """Cosines of text and picture by a CLIP of transformers: a folder's, or the hub's by name.

    Prompts longer than the model reads are cut, as everywhere with CLIP. Raises `UserError` for a name that
    can be neither.
    """

    source: str

    name = "clip"
    metrics = (
        Metric("regions", "cosine of each region's crop with its own prompt, on the mean", False),
        Metric("whole", "cosine of the picture with the whole prompt", False),
    )

    def __post_init__(self) -> None:
        """Check what can be checked before the first picture."""
        if not self.source or (not Path(self.source).is_dir() and self.source.count("/") != 1):
            raise UserError(
                f"--scorer clip:{self.source}: should be clip:FOLDER or clip:OWNER/NAME, such as "
                "clip:openai/clip-vit-large-patch14"
            )

    def __call__(self, drawn: Drawn) -> Scored:
        """Raises `WorldError` where the model can't be loaded."""
        crops = region_crops(drawn.image, drawn.plan)
        texts = [drawn.sample.prompt, *(prompt for prompt, _ in crops)]
        images = [drawn.image.convert("RGB"), *(crop for _, crop in crops)]
        whole, *regions = self._cosines(texts, images)
        return Scored({"regions": sum(regions) / len(regions) if regions else None, "whole": whole})

    @torch.inference_mode()
    def _cosines(self, texts: list[str], images: list[Image.Image]) -> list[float]:
        """The cosine of each text with its image."""
        model, processor = self._loaded
        length = model.config.text_config.max_position_embeddings
        inputs = processor(
            text=texts, images=images, return_tensors="pt", padding=True, truncation=True, max_length=length
        )
        seen = model(**inputs.to(model.device))
        cosines = torch.nn.functional.cosine_similarity(seen.text_embeds, seen.image_embeds)
        return [float(cosine) for cosine in cosines]

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        local = Path(self.source).is_dir()
        try:
            model: Any = CLIPModel.from_pretrained(self.source, use_safetensors=True, local_files_only=local)
            processor: Any = AutoProcessor.from_pretrained(self.source, local_files_only=local)
        except Exception as error:  # every part has faults of its own
            reason = " ".join(str(error).split())[:200]
            raise WorldError(f"--scorer clip:{self.source}: can't be loaded ({reason})") from error
        return model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), processor


def region_crops(image: Image.Image, plan: Plan) -> list[tuple[str, Image.Image]]:
    """Each region's prompt, and what the picture shows in its box (RGB)."""
    boxes = given_boxes(plan.scene.regions, plan.size)
    width, height = image.size
    return [
        (region.prompt, image.convert("RGB").crop(_pixels(boxes[region.name], width, height)))
        for region in plan.scene.regions
        if region.name in boxes
    ]


def _pixels(box: Any, width: int, height: int) -> tuple[int, int, int, int]:
    """The box's edges in pixels, outwards, so that the smallest has one too."""
    x0, y0 = box.x0 * width // GRID, box.y0 * height // GRID
    return x0, y0, -(-box.x1 * width // GRID), -(-box.y1 * height // GRID)
