"""What is shipped: the wheel, the version, the changelog, the constraints."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
TRAINING = ("evals/reader", "evals/world/training")
"""The training of the reader, of tiny-flux and of the detector: it stays in the repository."""

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a wheel built here, without those of its metadata folder's own name."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 (our own build)
    with ZipFile(next(folder.glob("*.whl"))) as archive:
        return {re.sub(r"^scenewright-[^/]*/", "", name): archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("folder", ["renderer/tiny", "prompts", "planner", "evals"])
def test_the_wheel_has_all_files_of_the_packages(wheel: dict[str, bytes], folder: str) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {name for name in here if not name.startswith(TRAINING)}
    assert shipped
    assert shipped <= set(wheel)


def test_the_wheel_has_types_licence_and_command_and_no_tests(wheel: dict[str, bytes]) -> None:
    assert {f"{name}/py.typed" for name in ("prompts", "planner", "renderer", "evals")} <= set(wheel)
    assert "licenses/LICENSE" in wheel
    assert wheel["entry_points.txt"].decode().splitlines() == [
        "[console_scripts]",
        "scenewright = renderer.__main__:main",
    ]
    assert not [name for name in wheel if name.startswith(("tests", *TRAINING))]


def test_what_is_in_the_wheel_imports_no_training(wheel: dict[str, bytes]) -> None:
    training = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(TRAINING).replace('/', '.')})\b", re.MULTILINE)
    sources = {name: text.decode() for name, text in wheel.items() if name.endswith(".py")}
    assert sources
    assert not [name for name, text in sources.items() if training.search(text)]


def test_one_version_everywhere() -> None:
    assert version("scenewright") == PROJECT["project"]["version"]
    command = [Path(sys.executable).with_name("scenewright"), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own command)
    assert done.stdout == f"scenewright {PROJECT['project']['version']}\n"


def test_the_constraints_pin_every_requirement_to_a_version() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.lower().replace("_", "-").split("==") for line in lines if not line.startswith("#"))
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(line for extra in extras.values() for line in extra)]
    names = {re.split(r"[<>=!\[]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names - {"scenewright"} <= set(pins)


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert text.startswith("# Changelog\n")
    releases = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert releases[0] == "[Unreleased]"
    numbered = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d", title) for title in releases[1:]]
    assert all(numbered)
    assert not numbered or (numbered[0] and numbered[0][1] == PROJECT["project"]["version"])
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= KINDS
