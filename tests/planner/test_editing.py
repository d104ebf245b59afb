"""Edits of a planned scene: painted regions and negative prompts."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from planner.editing import UNEDITED, Edits, Negative, Painting, edited
from planner.errors import UserError
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Box, Region, Scene
from renderer.grid import TokenGrid, rasterise

SIZE = Size(width=96, height=64)


@pytest.fixture
def scene() -> Scene:
    """Two things, one of them twice."""
    cat = Region(name="cat", prompt="a cat", negative="stripes", where=Box(x0=0, y0=0, x1=500, y1=1000))
    return Scene(
        caption="animals", absent=("dogs",), regions=(cat, Region(name="mouse", prompt="a mouse", count=2))
    )


def canvas() -> Image.Image:
    return Image.new("RGB", (96, 64), "white")


def tokens(image: Image.Image, scene: Scene, **colours: str) -> tuple[TokenGrid, list[list[str]]]:
    """Who owns each token; a dot for the background."""
    grid = rasterise(arrange(edited(scene, Edits(Painting(image, colours)), SIZE), SIZE))
    return grid, [[grid.names[i][0] if i < len(grid.names) - 1 else "." for i in row] for row in grid.owner]


@pytest.fixture
def one() -> Scene:
    """A single thing, whose place is left open."""
    return Scene(caption="a cat", regions=(Region(name="cat", prompt="a cat"),))


def test_a_ring_stands_as_it_is_painted(one: Scene) -> None:
    image = canvas()
    ImageDraw.Draw(image).rectangle((16, 0, 63, 47), fill="red")
    ImageDraw.Draw(image).rectangle((32, 16, 47, 31), fill="white")
    assert tokens(image, one, cat="red")[1] == [
        [".", "c", "c", "c", ".", "."],
        [".", "c", ".", "c", ".", "."],
        [".", "c", "c", "c", ".", "."],
        [".", ".", ".", ".", ".", "."],
    ]


def test_a_region_in_two_pieces_is_one(one: Scene) -> None:
    image = canvas()
    ImageDraw.Draw(image).rectangle((0, 0, 15, 15), fill="red")
    ImageDraw.Draw(image).rectangle((80, 48, 95, 63), fill="red")
    grid, _ = tokens(image, one, cat="red")
    assert np.argwhere(grid.owner == 0).tolist() == [[0, 0], [3, 5]]
    assert grid.names == ("cat", "background")


def test_a_region_smaller_than_a_token_has_one(one: Scene) -> None:
    image = canvas()
    ImageDraw.Draw(image).rectangle((36, 20, 39, 23), fill="red")
    grid, _ = tokens(image, one, cat="red")
    assert np.argwhere(grid.owner == 0).tolist() == [[1, 2]]


def test_a_counted_thing_is_painted_whole_or_one_by_one(scene: Scene) -> None:
    image = canvas()
    ImageDraw.Draw(image).rectangle((48, 0, 63, 63), fill="red")
    ImageDraw.Draw(image).rectangle((80, 0, 95, 63), fill="blue")
    whole, _ = tokens(image, scene, mouse="red", cat="blue")
    assert whole.prompts[whole.names.index("mouse")] == "a group of 2: a mouse"
    each, rows = tokens(image, scene, **{"mouse 1": "red", "mouse 2": "blue"})
    assert rows == [["c", "c", "c", "m", ".", "m"]] * 4
    assert (each.owner[:, 3] != each.owner[:, 5]).all()


def test_what_is_said_against_takes_the_place_of_what_was(scene: Scene) -> None:
    against = (Negative("blur"), Negative("a hat", "cat"), Negative("text"), Negative("fog", "cat"))
    changed = edited(scene, Edits(negatives=against), SIZE)
    assert (changed.negative, changed.regions[0].negative, changed.regions[1].negative) == (
        "blur, text",
        "a hat, fog",
        "",
    )
    grid = rasterise(arrange(changed, SIZE))
    assert grid.negative_prompt == "dogs, blur, text"
    assert dict(zip(grid.names, grid.negatives, strict=True)) == {
        "cat": "a hat, fog", "mouse 1": "", "mouse 2": "", "background": "",
    }  # fmt: skip


def test_nothing_said_changes_nothing(scene: Scene) -> None:
    assert edited(scene, UNEDITED, SIZE) == scene


def test_a_group_is_denied_as_a_whole(scene: Scene) -> None:
    changed = edited(scene, Edits(negatives=(Negative("tails", "mouse"),)), SIZE)
    assert rasterise(arrange(changed, SIZE)).negatives == ("stripes", "tails", "tails", "")


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            Edits(Painting("masks.png", {"dog": "red"})),
            "paint red=dog: the plan has no region 'dog'; it has 'cat'",
        ),
        (
            Edits(negatives=(Negative("a", "dog"),)),
            "negative a@dog: the plan has no region 'dog'; it has 'cat'",
        ),
        (Edits(Painting("none.png", {"cat": "red"})), r"painted none\.png: can't be read as a picture"),
        (Edits(Painting("plan.txt", {"cat": "red"})), r"painted plan\.txt: can't be read as a picture"),
        (
            Edits(Painting("small.png", {"cat": "red"})),
            "is 8x8; a painting has the canvas's size, which is 96x64",
        ),
        (Edits(Painting("masks.png", {"cat": "red"})), r"painted masks\.png: no pixel is red: .* #ffffff"),
        (Edits(Painting("masks.png", {"cat": "rad"})), r"painted masks\.png: 'rad' is no colour"),
        (Edits(Painting(canvas(), {"cat": "red"})), "painted the picture: no pixel is red"),
    ],
)
def test_what_does_not_fit_is_named(
    scene: Scene, edits: Edits, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    canvas().save("masks.png")
    Image.new("RGB", (8, 8)).save("small.png")
    Path("plan.txt").write_text("no picture")
    with pytest.raises(UserError, match=message):
        edited(scene, edits, SIZE)
