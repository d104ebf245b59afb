"""What the detector learns from, and that it learnt to tell impostors from things."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from evals.world.detector import CLASSES, SHADES, STRIDE, covers, detect
from evals.world.facts import KINDS, SIDE, SPANS, Thing, sample_composition
from evals.world.training.detector import LabelledPictures, Mark, labelled, targets

pytestmark = pytest.mark.training


def test_impostors_are_told_from_things_and_things_are_found_beside_them() -> None:
    """Some things stand on a patch of another setting, as regions leave, and some are large."""
    found, fooled = list[bool](), list[bool]()
    for seed in range(4_200_000, 4_200_040):
        pixels, marks = labelled(seed)
        seen = [d for d in detect(Image.fromarray(pixels)) if d.colour != "mixed"]
        for mark in marks:
            here = [(d.kind, d.colour) for d in seen if covers(d, mark.thing)]
            if mark.kind == "other" or mark.colour == "mixed":
                fooled.append(bool(here))
            else:
                found.append((mark.kind, mark.colour) in here)
    assert len(found) > 30
    assert sum(found) >= 0.95 * len(found)
    assert len(fooled) > 20
    assert sum(fooled) <= 0.35 * len(fooled)


def test_targets_mark_the_centre_of_each_thing() -> None:
    thing = Thing("ring", "blue", "small", 50, 30, 24)
    heat, shade, box = targets([Mark(thing, "ring", "mixed")])
    assert heat[CLASSES.index("ring"), 7, 12] == 1
    assert (heat == 1).sum() == 1
    assert not heat[[i for i, kind in enumerate(CLASSES) if kind != "ring"]].any()
    assert shade[7, 12] == SHADES.index("mixed")
    assert (shade >= 0).sum() == 1
    assert box[:, 7, 12] == pytest.approx([0.5, 0.5, np.log(6), np.log(6)])


def test_labelled_batches_are_settled_by_their_number() -> None:
    one, other = (LabelledPictures(3, 2, 900)[1] for _ in range(2))
    assert bool((one.pictures == other.pictures).all())
    assert np.array_equal(one.pictures[0].numpy(), labelled(902)[0])
    assert one.heat.shape == (2, len(CLASSES), SIDE // STRIDE, SIDE // STRIDE)


def test_some_pictures_show_one_large_thing_alone() -> None:
    made = [labelled(seed)[1] for seed in range(150)]
    large = [mark.thing for marks in made for mark in marks if mark.thing.span > max(SPANS["large"])]
    assert large
    assert all(min(thing.box) >= 0 and max(thing.box) <= SIDE for thing in large)
    assert all(len(marks) == 1 for marks in made if marks and marks[0].thing in large)


def test_things_stand_on_patches_of_other_settings_at_times() -> None:
    """On a wall of one colour nothing but a patch is of another colour, where no thing is."""
    walls = [seed for seed in range(300) if sample_composition(seed, kinds=KINDS).setting.wall is not None]
    patched = [_has_patch(*labelled(seed)) for seed in walls]
    assert 0.2 < sum(patched) / len(patched) < 0.6


def _has_patch(pixels: NDArray[np.uint8], marks: list[Mark]) -> bool:
    away = np.ones(pixels.shape[:2], bool)
    for x0, y0, x1, y1 in (mark.thing.box for mark in marks):
        away[max(0, round(y0) - 4) : round(y1) + 4, max(0, round(x0) - 4) : round(x1) + 4] = False
    other = np.abs(pixels.astype(int) - np.median(pixels[away], axis=0)).max(axis=2) > 60
    return bool((other & away).sum() > 50)


def test_impostors_are_marked_as_other_and_blends_of_colour_as_mixed() -> None:
    marks = [mark for seed in range(150) for mark in labelled(seed)[1]]
    others = [mark for mark in marks if mark.kind == "other"]
    mixed = [mark for mark in marks if mark.colour == "mixed"]
    assert 0.15 < len(others) / len(marks) < 0.4
    assert 0.05 < len(mixed) / len(marks) < 0.2
    assert all(mark.kind in ("other", mark.thing.kind) for mark in marks)
