"""Grouped rows against the paper's mask, token by token."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evals.oracle.dense import visibility
from renderer.regional.rows import Sequenced, group_rows

TEXTS = (3, 1, 4)
owners = arrays.arrays(np.int16, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(-1, 2))


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
    assert (double.base, double.image) == (slice(3, 9), slice(5, 9))
    assert (single.base, single.image) == (slice(3, 9), slice(9, 13))
    assert group_rows(owner, Sequenced((3,), 0, base_image=False)).base is None


def test_of_padded_texts_a_picture_holds_its_own_rows_alone() -> None:
    owner = np.array([[[0, 1]], [[0, -1]]], dtype=np.int16)
    rows = group_rows(owner, Sequenced((3, 2), 1, base_image=False), held=[(2, 2), (3, 0)])
    first, second = slice(0, 1), slice(1, 2)
    told = [(cell.pictures, cell.rows.tolist()) for cell in rows.cells]
    assert told == [(first, [0, 1, 6]), (first, [3, 4, 7]), (second, [0, 1, 2, 6]), (second, [7])]
    assert [group.rows.tolist() for group in rows.regional] == [[0, 1, 3, 4, 6, 7], [0, 1, 2, 6, 7]]
