"""Batches are pure functions of their numbers."""

from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest
import torch

from evals.world.data import Batch, Captioned, Pictures, Window, loader, whole_things
from evals.world.draw import draw
from evals.world.tableau import Setting, Tableau, Thing, sample_tableau
from evals.world.text import tokenizers

CAPTIONED = Captioned(steps=12, size=3, pool=500, start=1000, crop_share=0.5)


def same(a: Batch, b: Batch) -> bool:
    ids = ((a.pictures, b.pictures), (a.clip_ids, b.clip_ids), (a.t5_ids, b.t5_ids))
    return a.window == b.window and all(torch.equal(one, other) for one, other in ids)


def test_a_batch_depends_on_its_number_alone() -> None:
    forwards = [CAPTIONED[i] for i in range(8)]
    backwards = [CAPTIONED[i] for i in reversed(range(8))]
    assert all(same(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))
    assert not any(same(a, b) for a, b in pairwise(forwards))


@pytest.mark.parametrize("workers", [0, 2])
def test_the_loader_goes_on_where_it_is_told_to(workers: int) -> None:
    loaded = list(islice(loader(CAPTIONED, workers, start=7), 5))
    assert len(loaded) == 5
    assert all(same(batch, CAPTIONED[7 + i]) for i, batch in enumerate(loaded))


def test_pictures_are_those_of_their_seeds() -> None:
    batch = Pictures(count=3, size=2, start=40)[1]
    assert batch.dtype == torch.uint8
    assert np.array_equal(batch[1].numpy(), np.asarray(draw(sample_tableau(43))))


def test_shapes_and_shares() -> None:
    batches = [CAPTIONED[i] for i in range(40)]
    assert all(b.clip_ids.shape == (3, 77) and b.t5_ids.shape == (3, 64) for b in batches)
    assert all(0 <= b.window[0] <= 8 - b.window[2] and 0 <= b.window[1] <= 8 - b.window[3] for b in batches)
    whole = sum(b.window == (0, 0, 8, 8) for b in batches)
    assert 10 <= whole <= 30
    dropped = sum(int((ids[1:] == 0).all()) for b in batches for ids in b.t5_ids)
    assert 1 <= dropped <= 30


def test_clip_reads_few_captions_and_those_of_whole_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.world.data.caption", lambda *_: "a red star")  # pyright: ignore
    monkeypatch.setattr("evals.world.data.crop_caption", lambda *_: "a blue ring")  # pyright: ignore
    crops = [batch for i in range(80) if (batch := CAPTIONED[i]).window != (0, 0, 8, 8)]
    heard, said = Counter[str](), Counter[str]()
    for batch in crops:
        heard.update(str(tokenizers().clip.decode(row, skip_special_tokens=True)) for row in batch.clip_ids)
        said.update(str(tokenizers().t5.decode(row, skip_special_tokens=True)) for row in batch.t5_ids)
    assert {"".join(text.split()) for text in heard} == {"", "aredstar"}
    assert {"".join(text.split()) for text in said} == {"", "▁a▁blue▁ring"}
    assert 0.7 < heard[""] / heard.total() < 0.9
    assert 0.03 < said[""] / said.total() < 0.2


THING = Thing("star", "red", "small", x=80, y=48, diameter=28)


@pytest.mark.parametrize(
    ("window", "inside"),
    [
        ((0, 0, 8, 8), True),
        ((2, 4, 2, 2), True),
        ((3, 4, 4, 4), None),
        ((2, 5, 3, 3), None),
        ((2, 4, 1, 4), None),
        ((4, 0, 4, 8), False),
        ((0, 6, 8, 2), False),
    ],
)
def test_things_of_a_window(window: Window, inside: bool | None) -> None:
    tableau = Tableau((THING,), Setting("day", "sand", None, 0.5), seed=0)
    assert whole_things(tableau, window) == ([THING] if inside else None if inside is None else [])
