"""Grouped rows against the paper's mask, token by token."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evals.oracle.dense import visibility
from renderer.regional.rows import Groups, Sequenced, group_rows, text_rows

TEXTS = (3, 1, 4)
owners = arrays.arrays(np.int16, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(-1, 2))


def told(groups: Groups) -> list[tuple[slice, list[int]]]:
    return [(slice(group.pictures.start or 0, group.pictures.stop), group.rows.tolist()) for group in groups]


@given(owner=owners, references=st.integers(0, 3))
def test_a_token_sees_another_where_the_mask_lets_it(owner: np.ndarray, references: int) -> None:
    rows = group_rows(owner, Sequenced(TEXTS, 0, base_image=False, references=references))
    shared = torch.zeros((sum(TEXTS) + owner.size + references,) * 2, dtype=torch.bool)
    for cell in rows.cells:
        shared[cell.rows[:, None], cell.keys[None, :]] = True
    assert torch.equal(shared, visibility(owner, list(TEXTS), references))


@given(owner=owners, base_text=st.integers(0, 3), base_image=st.booleans())
def test_cells_hold_every_regional_row_once(owner: np.ndarray, base_text: int, base_image: bool) -> None:
    rows = group_rows(owner, Sequenced(TEXTS, base_text, base_image))
    cells = torch.cat([cell.rows for cell in rows.cells]).sort().values
    (regional,) = rows.regional
    assert torch.equal(cells, regional.rows)
    assert regional.rows[-owner.size :].tolist() == list(range(rows.image.start, rows.image.stop))


def test_the_base_branch_sees_the_image_in_double_blocks_and_its_copy_in_single_ones() -> None:
    owner = np.zeros((2, 2), dtype=np.int16)
    double, single = (group_rows(owner, Sequenced((3,), 2, base_image)) for base_image in (False, True))
    assert (told(double.base), double.image) == ([(slice(0, None), [*range(3, 9)])], slice(5, 9))
    assert (told(single.base), single.image) == ([(slice(0, None), [*range(3, 9)])], slice(9, 13))
    assert not told(group_rows(owner, Sequenced((3,), 0)).base)


def test_of_padded_texts_a_picture_holds_its_own_rows_alone() -> None:
    owner = np.array([[[0, 1]], [[0, -1]]], dtype=np.int16)
    rows = group_rows(owner, Sequenced((3, 2), 1, base_image=False), held=[(2, 2, 1), (3, 0, 1)])
    first, second = slice(0, 1), slice(1, 2)
    assert told(rows.cells) == [(first, [0, 1, 6]), (first, [3, 4, 7]), (second, [0, 1, 2, 6]), (second, [7])]
    assert [group.rows.tolist() for group in rows.regional] == [[0, 1, 3, 4, 6, 7], [0, 1, 2, 6, 7]]


def test_a_picture_that_holds_nothing_of_the_base_text_has_no_base_branch() -> None:
    owner = np.zeros((2, 1, 2), dtype=np.int16)
    rows = group_rows(owner, Sequenced((2,), 3), held=[(2, 0), (1, 2)])
    assert told(rows.base) == [(slice(1, 2), [2, 3, 5, 6])]


def test_what_pads_an_image_is_the_last_tokens_regions() -> None:
    rows = group_rows(np.array([[0, 1]], dtype=np.int16), Sequenced((1, 1), 0, references=1, pads=2))
    assert told(rows.cells) == [
        (slice(0, None), [0, 2]),
        (slice(0, None), [1, 3, 4, 5]),
        (slice(0, None), [6]),
    ]


@given(owner=owners, base_text=st.integers(0, 3), references=st.integers(0, 2))
def test_an_image_that_comes_first_sees_what_one_does_that_comes_last(
    owner: np.ndarray, base_text: int, references: int
) -> None:
    last, first = (
        group_rows(owner, Sequenced(TEXTS, base_text, references=references, image_first=image_first))
        for image_first in (False, True)
    )
    text, image = sum(TEXTS) + base_text, owner.size + references
    moved = torch.cat([torch.arange(image, image + text), torch.arange(image)])
    for ours, theirs in ((last.cells, first.cells), (last.base, first.base)):
        for one, other in zip(ours, theirs, strict=True):
            assert sorted(moved[one.rows].tolist()) == sorted(other.rows.tolist())
            assert sorted(moved[one.keys].tolist()) == sorted(other.keys.tolist())


def test_texts_alone_keep_to_themselves() -> None:
    assert told(text_rows(Sequenced((2, 1), 1)).cells) == [
        (slice(0, None), [0, 1]),
        (slice(0, None), [2]),
        (slice(0, None), [3]),
    ]
    held = text_rows(Sequenced((2, 1), 1), [(1, 1, 1), (2, 0, 0)])
    first, second = slice(0, 1), slice(1, 2)
    assert told(held.cells) == [(first, [0]), (first, [2]), (first, [3]), (second, [0, 1])]
