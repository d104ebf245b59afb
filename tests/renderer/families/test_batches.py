"""Pictures of one batch with layouts and prompts of their own, where prompts may differ in length."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from renderer.pipelines import PIPELINES
from renderer.regional import Conditioning, RegionalSettings, regional, stacked
from renderer.regional.family import Prompts

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

REGIONS = ("a red fox", "an old wooden boat by the lake at dawn", "fog", "three men")
BASES = ("a fox beside a boat, in fog", "men")
NEGATIVES = ("", "blue, blurred, low quality")


def both(prompts: Prompts, index: int) -> Prompts:
    """One of the prompts for two pictures."""
    pooled = None if prompts.pooled is None else prompts.pooled[index].expand(2, -1)
    return Prompts((prompts.embeds[index],) * 2, pooled)


@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
@pytest.mark.parametrize("passes", ["no negative", "plain negative", "regional negative"])
def test_each_picture_is_drawn_as_where_its_layout_is_that_of_all(
    model: "Model", base_ratio: float, passes: str
) -> None:
    if passes != "no negative" and not PIPELINES[type(model.pipeline).__name__].true_cfg:
        pytest.skip("diffusers has no negative pass for it")
    texts, bases, negatives = model.encode(*REGIONS), model.encode(*BASES), model.encode(*NEGATIVES)
    # Without a mask all are padded to one length.
    assert len({text.shape[1] for text in bases.embeds}) == 1 + model.family.masks_prompts
    numbers = np.random.default_rng(0)
    owners = np.stack([numbers.integers(-1, most, (4, 6)).astype(np.int16) for most in (4, 2)])
    drawn = [Conditioning(texts.embeds, bases.embeds[0]), Conditioning(texts.embeds[2:], bases.embeds[1])]
    against = [
        Conditioning(texts.embeds[::-1], negatives.embeds[0]),
        Conditioning(texts.embeds[:2], negatives.embeds[1]),
    ]
    settings = RegionalSettings(base_ratio, 99)

    def within(owner: Any, conditioning: Conditioning, negative: Conditioning) -> Any:
        own = negative if passes == "regional negative" else None
        schedule = model.pipeline.scheduler
        return regional(model.transformer, owner, conditioning, settings, schedule, negative=own)

    none = passes == "no negative"
    found = model.latents(
        bases, None if none else negatives, within(owners, stacked(drawn), stacked(against))
    )
    for index in range(2):
        alone = model.latents(
            both(bases, index),
            None if none else both(negatives, index),
            within(owners[index], drawn[index], against[index]),
        )[index]
        assert float((found[index] - alone).abs().max() / alone.abs().max()) <= 2e-5
        assert float(alone.std()) > 0.05
