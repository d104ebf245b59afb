"""What is said on stderr."""

import pytest

from renderer.progress import Progress, print_message


def test_a_bar_a_stage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=False) as progress:
        progress("planning", 1, 1)
        progress("denoising", 1, 2)
        progress("denoising", 2, 2)
    said = capsys.readouterr()
    assert said.out == ""
    assert "planning" in said.err
    assert "2/2" in said.err


def test_the_bars_leave_nothing_where_a_stage_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with Progress(quiet=False) as progress:
            progress("planning", 0, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=True) as progress:
        progress("planning", 1, 1)
    print_message("a line", quiet=True)
    assert capsys.readouterr().err == ""


def test_a_line_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    print_message("a line", quiet=False)
    assert capsys.readouterr().err == "scenewright: a line\n"


def test_control_characters_of_a_line_do_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_message("moved: \x1b[31mcat\x07\r\nlost", quiet=False)
    assert capsys.readouterr().err == "scenewright: moved: [31mcat  lost\n"
