"""Batches are pure functions of their numbers."""

from collections import Counter
from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evals.world.draw import draw
from evals.world.facts import Composition, Setting, Thing, sample_composition
from evals.world.training.curriculum import Phase
from evals.world.training.data import (
    FEWEST_PICTURES,
    PAIR_SHAPES,
    PAIR_TOKENS,
    TOKENS_ACROSS,
    Batch,
    CaptionedBatches,
    Pictures,
    Window,
    loader,
    things_within,
)
from evals.world.training.text import TEXT_TOKENS, tokenizers

pytestmark = pytest.mark.training

PHASE = Phase(
    200,
    (("word", 0.25), ("tight", 0.25), ("loose", 0.25), ("whole", 0.25)),
    (16, TEXT_TOKENS),
    0.3,
    300,
    (1e-3, 1e-4),
)
WHOLE = (0, 0, TOKENS_ACROSS, TOKENS_ACROSS)
CAPTIONED = CaptionedBatches((PHASE,), pool=500, start=1000)


def same(a: Batch, b: Batch) -> bool:
    return a.window == b.window and all(map(torch.equal, a.tensors, b.tensors))


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
    assert np.array_equal(batch[1].numpy(), np.asarray(draw(sample_composition(43))))


def test_every_view_is_shown_in_its_share() -> None:
    batches = [CAPTIONED[i] for i in range(120)]
    lengths = Counter(
        "whole" if b.window == WHOLE else "word" if b.t5_ids.shape[1] == 6 else "crop" for b in batches
    )
    assert 15 <= lengths["whole"] <= 45
    assert 15 <= lengths["word"] <= 45
    assert {b.t5_ids.shape[1] for b in batches} == {6, 16, TEXT_TOKENS}
    assert all(b.t5_ids.shape[1] == TEXT_TOKENS for b in batches if b.window == WHOLE)
    for batch in batches:
        assert 0 <= batch.window[0] <= TOKENS_ACROSS - batch.window[2]
        assert 0 <= batch.window[1] <= TOKENS_ACROSS - batch.window[3]
        assert len(batch.pictures) == len(batch.t5_ids) == len(batch.clip_rows) >= 2


def test_a_step_shows_about_as_many_tokens_as_its_course_says() -> None:
    for batch in (CAPTIONED[i] for i in range(40)):
        shown = len(batch.pictures) * (batch.window[2] * batch.window[3] + batch.t5_ids.shape[1])
        assert shown <= 1.5 * 300 or len(batch.pictures) == FEWEST_PICTURES


def test_a_word_or_two_name_the_thing_that_fills_the_window() -> None:
    phase = replace(PHASE, shares=(("word", 1.0),))
    pool = CaptionedBatches((phase,), pool=500, start=1000)
    batch = pool[3]
    for picture, ids in zip(batch.pictures.tolist(), batch.t5_ids, strict=True):
        thing = (things_within(pool.compositions[picture], batch.window) or [])[0]
        assert thing.diameter == 16 * batch.window[2] - 4
        text = str(tokenizers().t5.decode(ids, skip_special_tokens=True))
        assert not text or thing.kind in text
    assert not any(map(heard, batch.clip_ids)), "CLIP hears no words of single things"


def test_two_in_few_words_are_alone_in_their_window() -> None:
    phase = replace(PHASE, shares=(("pair", 1.0),))
    pool = CaptionedBatches((phase,), pool=500, start=1000)
    for batch in (pool[i] for i in range(20)):
        assert batch.window[2:] in PAIR_SHAPES
        assert batch.t5_ids.shape[1] == PAIR_TOKENS
        assert not any(map(heard, batch.clip_ids))
        for picture, ids in zip(batch.pictures.tolist(), batch.t5_ids, strict=True):
            one, other = things_within(pool.compositions[picture], batch.window) or []
            said = "".join(str(tokenizers().t5.decode(ids, skip_special_tokens=True)).split())
            names = [f"{thing.colour}▁{thing.kind}" for thing in (one, other)]
            assert not said or all(said.count(name) == names.count(name) for name in names)


@given(st.integers(0, 2**31))
def test_a_window_around_two_things_holds_them_in_the_picture(seed: int) -> None:
    composition = sample_composition(seed, 2)
    pool = CaptionedBatches((PHASE,), pool=1, start=seed)
    pool.__dict__["compositions"] = (composition,)
    for row, column, rows, columns in pool.paired:
        assert 0 <= row <= TOKENS_ACROSS - rows
        assert 0 <= column <= TOKENS_ACROSS - columns
        assert things_within(composition, (row, column, rows, columns)) == list(composition.things)


def test_whole_pictures_of_two_things_are_shown_by_themselves() -> None:
    phase = replace(PHASE, shares=(("two", 1.0),))
    pool = CaptionedBatches((phase,), pool=500, start=1000)
    shown = [picture for i in range(10) for picture in pool[i].pictures.tolist()]
    assert {len(pool.compositions[picture].things) for picture in shown} == {2}
    assert len(set(shown)) > 20
    assert pool[0].window == WHOLE


def test_clip_rows_say_which_caption_is_whose() -> None:
    batch = CAPTIONED[5]
    rows = batch.clip_ids[batch.clip_rows]
    assert len(batch.clip_ids) in (len(rows), len(rows) // 2)
    assert len({tuple(row) for row in rows.tolist()}) == int(batch.clip_rows.max()) + 1


def heard(ids: torch.Tensor) -> str:
    return "".join(str(tokenizers().clip.decode(ids, skip_special_tokens=True)).split())


def test_clip_reads_some_captions_and_those_of_whole_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.world.training.data.caption", lambda *_: "a red star")  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setattr("evals.world.training.data.crop_caption", lambda *_: "a blue ring")  # pyright: ignore[reportUnknownLambdaType]
    phase = replace(PHASE, shares=(("tight", 0.5), ("loose", 0.5)))
    pool = CaptionedBatches((phase,), pool=500, start=1000)
    clip, t5 = Counter[str](), Counter[str]()
    for batch in (pool[i] for i in range(30)):
        clip.update(heard(row) for row in batch.clip_ids[batch.clip_rows])
        t5.update(str(tokenizers().t5.decode(row, skip_special_tokens=True)) for row in batch.t5_ids)
    assert set(clip) == {"", "aredstar"}
    assert {"".join(text.split()) for text in t5} == {"", "▁a▁blue▁ring"}
    assert 0.6 < clip[""] / clip.total() < 0.85
    assert 0.03 < t5[""] / t5.total() < 0.2


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
    composition = Composition((THING,), Setting("day", "sand", None, 0.5), seed=0)
    assert things_within(composition, window) == ([THING] if inside else None if inside is None else [])
