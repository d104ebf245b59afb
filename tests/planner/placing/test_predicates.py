"""What each relation means, as a truth table."""

import pytest

from planner.placing.predicates import NEAR, TOUCH, Stand, holds
from planner.scene import Box, Predicate


def stand(x0: int, y0: int, x1: int, y1: int, depth: int = 0) -> Stand:
    return Stand(Box(x0=x0, y0=y0, x1=x1, y1=y1), depth)


MIDDLE = stand(400, 400, 600, 600, depth=5)


@pytest.mark.parametrize(
    ("predicate", "subject", "expected"),
    [
        ("left of", stand(200, 0, 400, 100), True),
        ("left of", stand(300, 0, 500, 100), True),
        ("left of", stand(301, 0, 501, 100), False),
        ("left of", stand(0, 0, 500, 1000), True),
        ("left of", stand(0, 0, 801, 1000), False),
        ("right of", stand(500, 0, 700, 100), True),
        ("right of", stand(499, 0, 699, 100), False),
        ("above", stand(0, 300, 100, 500), True),
        ("above", stand(0, 301, 100, 501), False),
        ("below", stand(0, 500, 100, 700), True),
        ("below", stand(0, 499, 100, 699), False),
        ("on", stand(450, 300, 550, 400), True),
        ("on", stand(450, 300, 550, 400 - TOUCH), True),
        ("on", stand(450, 300, 550, 399 - TOUCH), False),
        ("on", stand(450, 450, 550, 600), True),
        ("on", stand(450, 200, 550, 700), True),
        ("on", stand(450, 450, 550, 601 + TOUCH), False),
        ("on", stand(600, 300, 700, 400), False),
        ("under", stand(450, 600, 550, 700), True),
        ("under", stand(450, 500, 550, 599), True),
        ("under", stand(450, 400, 550, 600), False),
        ("under", stand(450, 399, 550, 700), False),
        ("under", stand(600, 600, 700, 700), False),
        ("in front of", stand(450, 500, 550, 600, depth=4), True),
        ("in front of", stand(450, 300, 550, 500, depth=4), True),
        ("in front of", stand(450, 500, 550, 600, depth=5), False),
        ("in front of", stand(800, 500, 900, 600, depth=4), True),
        ("in front of", stand(800, 500, 900, 599, depth=4), False),
        ("behind", stand(450, 500, 550, 700, depth=6), True),
        ("behind", stand(450, 500, 550, 700, depth=5), False),
        ("behind", stand(0, 300, 100, 600, depth=6), True),
        ("behind", stand(0, 300, 100, 601, depth=6), False),
        ("inside", stand(400, 400, 600, 600, depth=5), True),
        ("inside", stand(450, 300, 550, 500, depth=4), True),
        ("inside", stand(450, 299, 550, 500, depth=4), False),
        ("inside", stand(450, 450, 550, 550, depth=6), False),
        ("inside", stand(300, 300, 700, 700, depth=4), False),
        ("next to", stand(200, 599, 400 - NEAR, 700), True),
        ("next to", stand(600 + NEAR, 300, 800, 400), True),
        ("next to", stand(601 + NEAR, 300, 800, 401), False),
        ("next to", stand(400, 200, 600, 400 - NEAR), True),
        ("next to", stand(400, 200, 600, 399 - NEAR), False),
    ],
)
def test_a_relation_to_the_middle(predicate: Predicate, subject: Stand, expected: bool) -> None:
    assert holds(predicate, subject, MIDDLE) == expected
