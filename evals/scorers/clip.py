"""CLIP: how close is a picture to its prompt, and each region to its own? (Radford et al., arXiv 2103.00020;
the score is that of Hessel et al., arXiv 2104.08718, without their factor.)
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoProcessor, CLIPModel

from evals.scorers.pretrained import check_source, loading
from evals.scorers.protocol import Drawn, Metric, Scored
from planner.plans import Plan
from planner.scene import GRID
from planner.shapes import given_boxes


@dataclass(frozen=True)
class Clip:
    """Cosines of text and picture by a CLIP of transformers: from a folder, or from the hub by its name.

    Prompts longer than the model's context are cut, as is usual with CLIP. Raises `UserError` for a name that
    is neither a folder nor OWNER/NAME.
    """

    source: str

    name = "clip"
    metrics = (
        Metric("regions", "cosine of each region's crop with its own prompt, on the mean", False),
        Metric("whole", "cosine of the picture with the whole prompt", False),
    )

    def __post_init__(self) -> None:
        """Check the name before the first picture."""
        check_source(self.name, self.source, "openai/clip-vit-large-patch14")

    @torch.inference_mode()
    def __call__(self, drawn: Drawn) -> Scored:
        """Raises `WorldError` if the model can't be loaded."""
        model, processor = self._loaded
        crops = region_crops(drawn.image, drawn.plan)
        inputs = processor(
            text=[drawn.sample.prompt, *(prompt for prompt, _ in crops)],
            images=[drawn.image.convert("RGB"), *(crop for _, crop in crops)],
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=model.config.text_config.max_position_embeddings,
        )
        outputs = model(**inputs.to(model.device))
        cosines = torch.nn.functional.cosine_similarity(outputs.text_embeds, outputs.image_embeds)
        whole, *regions = (float(cosine) for cosine in cosines)
        return Scored({"regions": sum(regions) / len(regions) if regions else None, "whole": whole})

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        local = Path(self.source).is_dir()
        with loading(self.name, self.source):
            model: Any = CLIPModel.from_pretrained(self.source, use_safetensors=True, local_files_only=local)
            processor: Any = AutoProcessor.from_pretrained(self.source, local_files_only=local)
        return model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), processor


def region_crops(image: Image.Image, plan: Plan) -> list[tuple[str, Image.Image]]:
    """Each region's prompt, and the part of the picture in its box (RGB), of one pixel at least."""
    boxes = given_boxes(plan.scene.regions, plan.size)
    width, height = image.size
    crops = list[tuple[str, Image.Image]]()
    for region in plan.scene.regions:
        if region.name in boxes:
            box = boxes[region.name]
            x0, y0 = box.x0 * width // GRID, box.y0 * height // GRID
            # Rounded up, so that the smallest box has a pixel.
            x1, y1 = -(-box.x1 * width // GRID), -(-box.y1 * height // GRID)
            crops.append((region.prompt, image.convert("RGB").crop((x0, y0, x1, y1))))
    return crops
