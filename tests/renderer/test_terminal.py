"""The account in a terminal with colours and without."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from planner.account import account
from planner.draw.palette import ABSENT_COLOUR, BACKGROUND_COLOUR, INK, STYLE_COLOUR, Colour, colour
from planner.files import dump_plan
from planner.plans import Origin, Plan, Size
from planner.scene import Quotes, Region, Scene
from renderer.terminal import show_account

PROMPT = (
    "A striped cat beside größeren 猫.\n"
    "[bold]Fog[/bold], \x1b[31m oil on canvas\x07, no cars :smile: and snow"
)
EVIL = "c[red]at\x1b]0;title\x07"


@pytest.fixture
def plan() -> Plan:
    scene = Scene(
        prompt=PROMPT,
        caption="pets",
        background="fog",
        style="oil",
        absent=("cars",),
        quotes=Quotes(background=("Fog",), style=("oil on canvas",), absent=("cars",)),
        regions=(
            Region(name=EVIL, prompt="a cat", quotes=("A striped cat",)),
            Region(name="größere 猫", prompt="eine Katze", quotes=("cat", "größeren 猫")),
        ),
    )
    return Plan(size=Size(), scene=scene, account=account(scene), origin=Origin(planner="file"))


def seen(plan: Plan, path: Path, columns: int = 40, **variables: str) -> str:
    """What a terminal of so many columns gets on stderr."""
    path.write_text(dump_plan(plan), "utf-8")
    code = (
        "import sys; from planner.files import load_plan; from renderer.terminal import show_account; "
        "show_account(load_plan(sys.argv[1]), quiet=False)"
    )
    terminal, stderr = pty.openpty()
    fcntl.ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    kept |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **variables}
    subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", code, str(path)], stderr=stderr, env=kept, check=True, timeout=120
    )
    os.close(stderr)
    said = b""
    # Linux ends a terminal's output with an error.
    try:
        while part := os.read(terminal, 65536):
            said += part
    except OSError:
        pass
    os.close(terminal)
    return said.decode().replace("\r\n", "\n")


def painted(words: str, fill: Colour, more: str = "") -> str:
    """A pattern of words in dark ink on a colour."""
    dark, ground = ";".join(map(str, INK)), ";".join(map(str, fill))
    return rf"\x1b\[{more}38;2;{dark};48;2;{ground}m{re.escape(words)}\x1b\[0m"


def test_the_prompt_is_shown_in_its_owners_colours(plan: Plan, tmp_path: Path) -> None:
    said = seen(plan, tmp_path / "plan.json", columns=100)
    assert re.search(painted("A striped", colour(0)), said)
    assert re.search(painted("cat", colour(0), "4;"), said), "underlined, for the other is one of its owners"
    assert re.search(painted("größeren 猫.", colour(1)), said)
    assert re.search(painted("oil on canvas,", STYLE_COLOUR), said)
    assert re.search(painted("cars", ABSENT_COLOUR, "9;"), said)
    assert len(re.findall(painted("background", BACKGROUND_COLOUR), said)) == 1, "in the legend"
    assert "beside" in re.sub(r"\x1b\[[\d;]+m.*?\x1b\[0m", "", said)


def test_control_characters_and_markup_print_as_text(plan: Plan, tmp_path: Path) -> None:
    said = seen(plan, tmp_path / "plan.json")
    plain = re.sub(r"\x1b\[[\d;]*m", "", said)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", plain)
    assert "\x1b[31m" not in said
    for text in ("[bold]", "[/bold]", "[31m", ":smile:", "c[red]at]0;title"):
        assert text in plain


def test_it_is_wrapped_to_the_terminals_width(plan: Plan, tmp_path: Path) -> None:
    from rich.cells import cell_len

    said = re.sub(r"\x1b\[[\d;]*m", "", seen(plan, tmp_path / "plan.json", columns=30))
    assert max(map(cell_len, said.split("\n"))) <= 30


def test_one_line_says_what_is_left_to_the_whole_picture(plan: Plan, tmp_path: Path) -> None:
    assert "\nleft to the whole picture: beside … " in seen(plan, tmp_path / "plan.json", columns=200)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_without_colours_each_owner_has_a_line(
    plan: Plan, tmp_path: Path, variables: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    said = seen(plan, tmp_path / "plan.json", columns=200, **variables)
    lines = said.splitlines()
    assert lines[:2] == ["  c[red]at]0;title: A striped … cat", "  größere 猫: cat … größeren 猫."]
    assert [line.partition(":")[0].strip() for line in lines[2:]] == [
        "background",
        "style",
        "absent",
        "left to the whole picture",
    ]
    show_account(plan, quiet=False)
    assert capsys.readouterr().err == said, "a log is told the same"


def test_nothing_is_left_over_and_nothing_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    region = Region(name="cat", prompt="a cat", quotes=("a cat",))
    scene = Scene(prompt="a cat", caption="a cat", regions=(region,))
    plan = Plan(size=Size(), scene=scene, account=account(scene), origin=Origin(planner="file"))
    show_account(plan, quiet=False)
    assert capsys.readouterr().err == "  cat: a cat\n"


def test_quiet_says_nothing(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    show_account(plan, quiet=True)
    assert capsys.readouterr() == ("", "")
