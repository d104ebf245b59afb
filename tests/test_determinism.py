"""The same input and seed give the same bytes in two processes with different hash seeds."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROMPT = (
    "A market at dawn, no cars: three red apples on a wooden cart, a tall woman in a blue coat behind it, "
    "two dogs to her left, one of them asleep, and a sign that says “Fresh”. An old film poster."
)
HASH_SEEDS = ("1", "2", "3")


def outputs(folder: Path, *arguments: str) -> list[Path]:
    """A folder for each hash seed, in which the command ran; its stdout is in a file `stdout`."""
    processes = list[tuple[Path, subprocess.Popen[bytes]]]()
    for seed in HASH_SEEDS:
        there = folder / seed
        there.mkdir()
        with (there / "stdout").open("wb") as stdout:
            process = subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, "-m", "renderer", *arguments],
                cwd=there,
                stdout=stdout,
                env={**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"},
            )
        processes.append((there, process))
    assert [process.wait() for _, process in processes] == [0] * len(HASH_SEEDS)
    return [there for there, _ in processes]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_plans_layouts_and_masks(tmp_path: Path) -> None:
    first, *others = outputs(tmp_path, PROMPT, "--plan-only", "-q", "-o", "layout.svg", "--masks", "masks")
    assert len(contents(first)) > 5
    assert all(contents(other) == contents(first) for other in others)


def test_pictures(tmp_path: Path) -> None:
    asked = [PROMPT, "-q", "--size=96x96", "--steps=2", "--inject-steps=1", "--seed=0,4"]
    first, *others = outputs(tmp_path, *asked)
    assert {"picture-0.png", "picture-4.png"} < set(contents(first))
    assert all(contents(other) == contents(first) for other in others)


def test_rows_of_a_benchmark(tmp_path: Path) -> None:
    ran = outputs(tmp_path, "eval", "world", "--limit=24", "--quiet", "--out=out")
    rows = [[json.loads(line) for line in (out / "out/rows.jsonl").read_text().splitlines()] for out in ran]
    first, *others = [[{**row, "seconds": 0} for row in run] for run in rows]
    assert len(first) == 24
    assert all(other == first for other in others)
