"""The sheet of plans."""

from pathlib import Path

from PIL import Image

from evals.figures.plans import GAP, PROMPTS, SIDE, write


def test_a_sheet_of_fewer_plans_is_written_the_same_each_time(tmp_path: Path) -> None:
    lines = PROMPTS.read_text("utf-8").splitlines()
    sized = next(line for line in lines if " | " in line)
    few = tmp_path / "few.txt"
    few.write_text(f"{lines[0]}\n{sized}\n", "utf-8")
    for name in ("one.png", "two.png"):
        write(tmp_path / name, few)
    with Image.open(tmp_path / "one.png") as image:
        assert image.width == 2 * (SIDE + GAP) + GAP
        assert image.height > SIDE
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
