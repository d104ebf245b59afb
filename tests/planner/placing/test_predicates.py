"""What each relation means, as a truth table."""

import pytest

from planner.placing.predicates import NEAR, SLACK, Stand, holds
from planner.scene import Box, Predicate


def stand(x0: int, y0: int, x1: int, y1: int, depth: int = 0) -> Stand:
    return Stand(Box(x0=x0, y0=y0, x1=x1, y1=y1), depth)


MIDDLE = stand(400, 400, 600, 600, depth=5)


@pytest.mark.parametrize(
    ("predicate", "subject", "expected"),
    [
        ("left of", stand(200, 0, 400, 100), True),
        ("left of", stand(200, 0, 401, 100), False),
        ("right of", stand(600, 0, 700, 100), True),
        ("right of", stand(599, 0, 700, 100), False),
        ("above", stand(0, 300, 100, 400), True),
        ("above", stand(0, 300, 100, 401), False),
        ("below", stand(0, 600, 100, 700), True),
        ("below", stand(0, 599, 100, 700), False),
        ("on", stand(450, 300, 550, 400), True),
        ("on", stand(450, 300, 550, 400 - SLACK), True),
        ("on", stand(450, 300, 550, 399 - SLACK), False),
        ("on", stand(450, 450, 550, 600), True),
        ("on", stand(450, 450, 550, 601), False),
        ("on", stand(600, 300, 700, 400), False),
        ("under", stand(450, 600, 550, 700), True),
        ("under", stand(450, 500, 550, 600), True),
        ("under", stand(450, 400, 550, 600), False),
        ("under", stand(450, 500, 550, 599), False),
        ("under", stand(600, 600, 700, 700), False),
        ("in front of", stand(450, 500, 550, 600, depth=4), True),
        ("in front of", stand(450, 500, 550, 600, depth=5), False),
        ("in front of", stand(450, 400, 550, 600, depth=4), False),
        ("in front of", stand(450, 500, 550, 599, depth=4), False),
        ("in front of", stand(600, 500, 700, 600, depth=4), False),
        ("behind", stand(450, 300, 550, 600, depth=6), True),
        ("behind", stand(450, 300, 550, 600, depth=5), False),
        ("behind", stand(450, 400, 550, 600, depth=6), False),
        ("inside", stand(400, 400, 600, 600, depth=4), True),
        ("inside", stand(400, 400, 600, 600, depth=5), False),
        ("inside", stand(399, 400, 600, 600, depth=4), False),
        ("next to", stand(200, 599, 400 - NEAR, 700), True),
        ("next to", stand(600 + NEAR, 300, 800, 401), True),
        ("next to", stand(601 + NEAR, 300, 800, 401), False),
        ("next to", stand(600, 300, 800, 400), False),
        ("next to", stand(599, 300, 800, 500), False),
    ],
)
def test_a_relation_to_the_middle(predicate: Predicate, subject: Stand, expected: bool) -> None:
    assert holds(predicate, subject, MIDDLE) == expected
