"""Pictures carry what made them; paths are tried before any work."""

import os
from pathlib import Path

import pytest
from PIL import Image

from planner.errors import UserError
from planner.files import read_record
from planner.plans import Plan
from renderer.cards import model_card
from renderer.pictures import VERSIONED, check_file, check_folder, picture_record, png_bytes

PNG = (".png",)


def test_what_a_picture_carries_is_read_again(tmp_path: Path, plan: Plan) -> None:
    recipe = model_card("tiny").recipe
    record = picture_record(plan, recipe, 7, "tiny")
    path = tmp_path / "picture.png"
    path.write_bytes(png_bytes(Image.new("RGB", (4, 4), "red"), record))
    found = read_record(path)
    assert found.plan == plan
    assert found.rest["settings"] == recipe.model_dump()
    assert (found.rest["seed"], found.rest["model"]) == (7, "tiny")
    versions = found.rest["versions"]
    assert isinstance(versions, dict)
    assert set(versions) == set(VERSIONED)


def test_a_picture_without_a_record_is_a_plain_png(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    path.write_bytes(png_bytes(Image.new("RGB", (4, 4), "red")))
    with Image.open(path) as image:
        assert image.getpixel((1, 1)) == (255, 0, 0)
    with pytest.raises(UserError, match="the picture carries no plan"):
        read_record(path)


def test_a_path_that_can_be_written_leaves_no_trace_of_the_trial(tmp_path: Path) -> None:
    check_file(tmp_path / "a.PNG", PNG)
    check_folder(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.jpg", "the file's name should end in .png"),
        ("a", "the file's name should end in .png"),
        ("folder.png", "is a folder; give a file's name"),
        ("none/a.png", "cannot be written (no such file or directory)"),
        ("file/a.png", "cannot be written (not a directory)"),
        (f"{'a' * 300}.png", "cannot be written (file name too long)"),
    ],
)
def test_a_path_that_cannot_be_written_is_named_as_given(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as caught:
        check_file(tmp_path / name, PNG)
    assert str(caught.value) == f"output {tmp_path / name}: {message}"


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as caught:
        check_folder(tmp_path / name)
    message = f"masks {tmp_path / name}: {tmp_path / 'file'} is a file; give a folder's name"
    assert str(caught.value) == message


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("root may write everywhere")
    with pytest.raises(UserError, match=r"cannot be written \(permission denied\)"):
        check_file(tmp_path / "a.png", PNG)
    with pytest.raises(UserError, match=r"cannot be written \(permission denied\)"):
        check_folder(tmp_path / "masks")
