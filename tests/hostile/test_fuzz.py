"""The fuzzer: a few inputs show no fault, the same ones come again, and faults are counted."""

from pathlib import Path

import pytest

from tests.hostile import fuzz

pytestmark = pytest.mark.hostile


def test_it_finds_no_fault_in_a_few_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--n", "60"]) == 0, capsys.readouterr().err
    assert "| all | 60 |" in capsys.readouterr().out


def test_it_tries_the_same_inputs_again(capsys: pytest.CaptureFixture[str]) -> None:
    outs = list[str]()
    for _ in range(2):
        fuzz.main(["--n", "20", "--seed", "3"])
        outs.append(capsys.readouterr().out)
    assert outs[0] == outs[1]


def test_a_fault_is_counted_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(body: bytes) -> None:
        raise KeyError(len(body))

    monkeypatch.setattr(fuzz, "read_reply", fail)
    assert fuzz.main(["--n", "8", "--results", str(tmp_path / "hostile.md")]) == 1
    assert "replies 2: tracebacks: " in capsys.readouterr().err
    row = next(row for row in (tmp_path / "hostile.md").read_text("utf-8").splitlines() if "replies" in row)
    assert row == "| replies | 2 | 0 | 0 | 2 | 0 | 0 |"
