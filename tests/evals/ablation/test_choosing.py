"""Settings chosen by scores: a planted rule is found, and no rule where there is none."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evals.ablation.cells import Cell, cells
from evals.ablation.choosing import FORMS, MIN_PROMPTS, Case, Form, choose, fitted

OWN, LATE, SOFT = Cell(0.2, "70%", 1), Cell(0.2, "40%", 1), Cell(0.4, "70%", 1)
GRID = [OWN, LATE, SOFT]


def case(number: int, regions: int, scores: dict[Cell, float], smallest: float = 0.1) -> Case:
    return Case(str(number), f"{regions} things", {"regions": regions, "smallest": smallest}, scores)


def planted(best: dict[int, Cell]) -> list[Case]:
    """Five prompts of each number of regions, whose best cell is given."""
    numbers = np.random.default_rng(0)
    return [
        case(
            place,
            regions,
            {cell: 0.5 + 0.4 * (cell == wanted) + float(numbers.normal(0, 0.02)) for cell in GRID},
            float(numbers.uniform(0.05, 0.3)),
        )
        for place, (regions, wanted) in enumerate(list(best.items()) * 5)
    ]


def test_the_settings_for_few_and_for_many_regions_are_found() -> None:
    choice, left_out = choose(planted({1: OWN, 2: OWN, 3: OWN, 4: SOFT, 5: SOFT, 6: SOFT}), OWN)
    assert choice.by == "regions"
    assert [(part.up_to, part.cell) for part in choice.parts] == [(3.5, OWN), (None, SOFT)]
    assert left_out[Form("regions", 2)] > left_out[Form("regions", 0)] + 0.15


def test_another_setting_for_all_is_found() -> None:
    choice, _ = choose(planted({1: LATE, 2: LATE, 5: LATE}), OWN)
    assert [(part.up_to, part.cell) for part in choice.parts] == [(None, LATE)]


def test_three_parts_are_found() -> None:
    choice, _ = choose(planted({1: SOFT, 2: OWN, 3: LATE}), OWN)
    assert [part.cell for part in choice.parts] == [SOFT, OWN, LATE]
    assert [part.up_to for part in choice.parts] == [1.5, 2.5, None]


def test_where_all_settings_are_as_good_the_models_own_stay() -> None:
    numbers = np.random.default_rng(0)
    cases = [case(i, 1 + i % 8, dict.fromkeys(GRID, float(numbers.uniform()))) for i in range(24)]
    choice, left_out = choose(cases, OWN)
    assert [(part.up_to, part.cell) for part in choice.parts] == [(None, OWN)]
    assert len(set(left_out.values())) == 1


def test_a_setting_that_is_good_by_chance_is_not_chosen() -> None:
    """It is the best for one prompt and the worst for the others: fitted to the others, no form takes it."""
    cases = planted(dict.fromkeys(range(1, 9), OWN))
    lucky = [replace(cases[0], scores={**cases[0].scores, SOFT: 1.0}), *cases[1:]]
    assert [part.cell for part in choose(lucky, OWN)[0].parts] == [OWN]


@given(
    st.lists(
        st.tuples(st.integers(1, 8), st.lists(st.integers(0, 4), min_size=3, max_size=3)),
        min_size=MIN_PROMPTS,
        max_size=14,
    )
)
def test_more_parts_fit_no_worse_and_own_settings_win_ties(drawn: list[tuple[int, list[int]]]) -> None:
    cases = [
        case(i, regions, dict(zip(GRID, map(float, scores), strict=True)))
        for i, (regions, scores) in enumerate(drawn)
    ]
    scores = [
        sum(one.scores[fitted(cases, Form("regions", parts), OWN).cell(one)] for one in cases)
        for parts in range(4)
    ]
    assert scores == sorted(scores)
    assert scores[1] == max(sum(one.scores[cell] for one in cases) for cell in GRID)
    if scores[1] == scores[0]:
        assert fitted(cases, Form("regions", 1), OWN).parts[0].cell == OWN


def test_forms_go_from_the_simplest_up() -> None:
    assert [form.parts for form in FORMS] == sorted(form.parts for form in FORMS)
    assert len(cells([0.0, 0.2], [1, 2], [1])) == 4
