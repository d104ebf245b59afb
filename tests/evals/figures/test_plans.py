"""The sheet of plans."""

from pathlib import Path

from PIL import Image

from evals.figures.plans import GAP, PROMPTS, SIDE, write


def test_a_sheet_of_fewer_plans_is_written_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        write(tmp_path / name, PROMPTS[:2])
    with Image.open(tmp_path / "one.png") as image:
        assert image.width == 2 * (SIDE + GAP) + GAP
        assert image.height > SIDE
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
