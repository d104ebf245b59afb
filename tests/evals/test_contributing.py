"""What CONTRIBUTING shows is true: a benchmark and a scorer in a file of one's own each run as they stand."""

import json
import re
from pathlib import Path

import pytest

from renderer.cli import main

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r'^```python\n("""(\w+\.py): .*?)^```$',
    (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that CONTRIBUTING shows, and data for the benchmark."""
    tmp_path = tmp_path_factory.mktemp("own")
    for source, name in BLOCKS:
        (tmp_path / name).write_text(source, "utf-8")
    (tmp_path / "fruit.txt").write_text("2 two red apples\n1 a yellow pear\n", "utf-8")
    return tmp_path


def test_both_are_shown() -> None:
    assert [name for _, name in BLOCKS] == ["fruit.py", "light.py"]


def test_a_benchmark_and_a_scorer_of_ones_own_run(files: Path) -> None:
    """By two workers, which have to find the files too."""
    asked = ["eval", str(files / "fruit.py"), f"--data={files / 'fruit.txt'}", "--stage=image", "--quiet"]
    arms = ["--arm=plain:steps=1", "--arm=regional:steps=1,inject_steps=1"]
    out = files / "out"
    assert main([*asked, *arms, f"--scorer={files / 'light.py'}", f"--out={out}", "--workers=2"]) == 0
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]
    assert [row["group"] for row in rows] == ["2 fruits"] * 2 + ["1 fruits"] * 2
    assert all(0 < row["scores"]["light.mean"] < 1 for row in rows)
    told = json.loads((out / "summary.json").read_text())
    assert [metric["name"] for metric in told["metrics"]] == ["light.mean", "seconds"]
    assert told["metrics"][0]["differences"]["regional"]["n"] == 2
    assert told["plans"]["metrics"]["counted"]["mean"] == 1.0


def test_a_file_that_holds_no_benchmark_is_told(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", str(files / "light.py"), f"--out={files / 'out'}"]) == 2
    assert "light.py: should hold BENCHMARK" in capsys.readouterr().err
