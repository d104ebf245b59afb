"""The flow's training: FLUX's own packing, and runs that go on as if they had not stopped."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from diffusers import FluxPipeline
from safetensors.torch import save_model
from torch import Tensor

from evals.world.training.curriculum import Phase
from evals.world.training.data import TOKENS_ACROSS, Batch, CaptionedBatches, loader, places
from evals.world.training.flow import (
    FOREGROUND_WEIGHT,
    FlowTrainer,
    TinyFlux,
    learning_rate,
    pack,
    token_weights,
)
from evals.world.training.progress import Curve
from evals.world.training.text import TEXT_TOKENS, tokenizers
from renderer.cards import TINY

pytestmark = pytest.mark.training

CPU = torch.device("cpu")
PHASES = (
    Phase(2, (("word", 1.0),), (6,), 0.0, 20, (1e-3, 1e-3)),
    Phase(2, (("tight", 0.5), ("loose", 0.5)), (16,), 0.5, 40, (8e-4, 0.0)),
)
CAPTIONED = CaptionedBatches(PHASES, pool=64, start=300)


def test_packing_is_the_pipelines() -> None:
    latents = torch.randn(2, 8, 6, 10)
    theirs = FluxPipeline._pack_latents(latents, 2, 8, 6, 10)  # pyright: ignore[reportPrivateUsage]
    assert torch.equal(pack(latents), theirs)


def test_ids_are_the_pipelines_and_a_crop_keeps_its_place() -> None:
    prepare = FluxPipeline._prepare_latent_image_ids  # pyright: ignore[reportPrivateUsage]
    whole = prepare(1, 8, 8, CPU, torch.float32)
    assert torch.equal(places((0, 0, 8, 8)), whole)
    crop = whole.reshape(8, 8, 3)[2:7, 1:7].reshape(-1, 3)
    assert torch.equal(places((2, 1, 5, 6)), crop)


@pytest.fixture(scope="module")
def latents() -> Tensor:
    return torch.randn(
        64, 8, 2 * TOKENS_ACROSS, 2 * TOKENS_ACROSS, generator=torch.Generator().manual_seed(5)
    )


def run(trainer: FlowTrainer, latents: Tensor, folder: Path, steps: int) -> FlowTrainer:
    """So many more steps, saved at the end."""
    batches = islice(loader(CAPTIONED, 0, trainer.step), steps)
    curve, save = Curve(folder / "flow.jsonl", every=1), folder / "flow.pt"
    trainer.train(batches, latents, curve, lambda: trainer.save(save), every=2)
    return trainer


def test_a_resumed_run_ends_as_an_uninterrupted_one(latents: Tensor, tmp_path: Path) -> None:
    straight = run(FlowTrainer(PHASES, CPU), latents, tmp_path, 4)
    (tmp_path / "flow.jsonl").unlink()
    run(FlowTrainer(PHASES, CPU), latents, tmp_path, 2)
    resumed = FlowTrainer(PHASES, CPU)
    resumed.load(tmp_path / "flow.pt")
    assert resumed.step == 2
    run(resumed, latents, tmp_path, 2)
    for one, other in ((straight.model, resumed.model), (straight.average, resumed.average)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name
    assert len((tmp_path / "flow.jsonl").read_text().splitlines()) == 4
    assert not torch.equal(next(resumed.model.parameters()), next(resumed.average.parameters()))


def test_weights_of_the_shipped_pipeline_are_taken_on() -> None:
    trainer = FlowTrainer(PHASES, CPU)
    trainer.start_from(TINY)
    shipped = FluxPipeline.from_pretrained(TINY, dtype=torch.float32)
    text = "a large yellow star in the upper left, at night on the grass"
    with torch.no_grad():
        embeds, pooled, _ = shipped.encode_prompt(text, text, max_sequence_length=TEXT_TOKENS)
        clip_ids, t5_ids = tokenizers()([text])
        torch.testing.assert_close(trainer.model.clip(clip_ids).pooler_output, pooled)
        torch.testing.assert_close(trainer.average.t5(t5_ids).last_hidden_state, embeds)


def test_the_flow_leaves_t5_as_it_was_taught(latents: Tensor, tmp_path: Path) -> None:
    taught = TinyFlux(seed=7)
    save_model(taught.t5, str(tmp_path / "t5.safetensors"))
    trainer = FlowTrainer(PHASES, CPU)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer.load_t5(tmp_path / "t5.safetensors")
    run(trainer, latents, tmp_path, 2)
    for part in (trainer.model, trainer.average):
        for name, value in part.t5.state_dict().items():
            assert torch.equal(value, taught.t5.state_dict()[name]), name
        assert not torch.equal(part.transformer.x_embedder.weight, before["transformer.x_embedder.weight"])


def test_tokens_that_differ_from_their_row_weigh_more() -> None:
    latents = torch.arange(8.0).reshape(1, 1, 8, 1).expand(2, 8, 8, 12).clone()
    latents[1, :, 2:4, 6:10] += 0.3
    expected = torch.ones(2, 4, 6)
    expected[1, 1, 3:5] = FOREGROUND_WEIGHT
    assert torch.equal(token_weights(latents), expected)


def test_what_hardly_differs_from_its_row_weighs_as_the_ground() -> None:
    latents = torch.zeros(1, 8, 2, 10)
    latents[0, :, :, 4:6] = 0.2
    assert torch.equal(token_weights(latents), torch.ones(1, 1, 5))


def test_each_course_has_its_own_learning_rates() -> None:
    phases = tuple(Phase(200, (("word", 1.0),), (6,), 0.0, 20, rates) for rates in ((1.0, 0.5), (0.4, 0.0)))
    assert learning_rate(phases, 0) == pytest.approx(0.01)
    assert learning_rate(phases, 100) == pytest.approx(0.75)
    assert learning_rate(phases, 200) == pytest.approx(0.4)
    assert learning_rate(phases, 300) == pytest.approx(0.2)


def test_only_the_different_captions_are_encoded() -> None:
    model = FlowTrainer(PHASES, CPU).model
    seen: list[int] = []
    model.clip.register_forward_pre_hook(lambda _, ids: seen.append(len(ids[0])))
    clip_ids, t5_ids = tokenizers()(["a star", "a ring", "a star"], ["", "", "a star"], 6)
    window, which = (0, 0, 2, 2), torch.tensor([0, 0, 1])
    batch = Batch(window, torch.zeros(3, dtype=torch.long), places(window), clip_ids[1:], which, t5_ids)
    noisy = torch.randn(3, 4, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        together = model(noisy, torch.full((3,), 0.5), batch)
        alone = Batch(window, batch.pictures[2:], batch.places, clip_ids[2:], which[:1], t5_ids[2:])
        torch.testing.assert_close(together[2:], model(noisy[2:], torch.full((1,), 0.5), alone))
    assert seen == [2, 1]
