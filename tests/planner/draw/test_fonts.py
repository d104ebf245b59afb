"""Fonts: every letter that is drawn has a glyph, and one that has none is named."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from planner.account import account
from planner.draw import draw_png
from planner.draw.fonts import SYSTEM, Face, Fonts, advice, faces_for, open_face, read_fonts, unshown
from planner.draw.lettering import Lettering
from planner.errors import UserError
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Region, Scene

ALONE = Fonts()
"""Pillow's own font and no other, as on a system without any."""

WRITTEN = "Straße, schön, ángel, łódź, Яна: “Café” – 中文, あい, 한국."


@pytest.fixture
def font(tmp_path: Path) -> Path:
    """Pillow's own font as a file."""
    own = ImageFont.load_default(16)
    assert isinstance(own, ImageFont.FreeTypeFont)
    path = tmp_path / "deep" / "own.ttf"
    path.parent.mkdir()
    path.write_bytes(own.font_bytes)
    return path


def drawn_letter(letter: str, face: Face) -> bytes:
    image = Image.new("L", (64, 64))
    ImageDraw.Draw(image).text((16, 16), letter, fill=255, font=open_face(face, 24))
    return image.tobytes()


@pytest.mark.parametrize("fonts", [SYSTEM, ALONE], ids=["system", "alone"])
def test_every_letter_is_shown_by_a_glyph_of_its_own_or_named(fonts: Fonts) -> None:
    lettering = Lettering(faces_for(WRITTEN, fonts), 24)
    pieces = lettering.pieces(WRITTEN)
    assert "".join(piece.text for piece in pieces) == WRITTEN
    for piece in pieces:
        for letter in piece.text.replace(" ", ""):
            assert (piece.face is None) == (letter in unshown(WRITTEN, fonts))
            assert piece.face is None or drawn_letter(letter, piece.face) != drawn_letter(
                "\U0010ffff", piece.face
            )


def test_letters_without_a_font_are_named_with_what_to_install() -> None:
    assert unshown("Café \t\n中中あ한", ALONE) == "é中あ한"
    assert advice("中あ한") == "fonts-noto-cjk (Debian), Noto Sans CJK"
    assert (
        advice("éß中") == "fonts-dejavu-core (Debian), DejaVu Sans and fonts-noto-cjk (Debian), Noto Sans CJK"
    )


def test_letters_without_a_font_are_drawn_as_question_marks_and_no_tofu() -> None:
    drawn = [
        draw_png(arrange(scene, Size(width=64, height=64)), account(scene), ALONE).tobytes()
        for word in ("ЖЯ", "߷߷", "\ue000\ue000")
        for scene in (Scene(prompt=f"{word} fog", caption="fog", regions=(Region(name=word, prompt="fog"),)),)
    ]
    assert drawn[0] == drawn[1], "which letters they are makes no difference"
    assert drawn[0] != drawn[2], "what is no letter is not drawn at all"


def test_a_given_font_comes_before_all_others(font: Path) -> None:
    assert read_fonts(font) == Fonts(font, SYSTEM.folders)
    assert faces_for("cat", read_fonts(font)) == (Face(font),)
    assert faces_for("Я", read_fonts(font)) != (Face(font),) or unshown("Я", SYSTEM)


def test_fonts_are_searched_for_below_a_folder_and_broken_ones_are_passed_over(font: Path) -> None:
    (font.parent / "arial.ttf").write_bytes(b"no font at all")
    searched = Fonts(folders=(font.parent.parent, Path("/nonesuch")))
    # Pillow's own font shows the same, and comes first.
    assert faces_for("cat", searched) == (Face(),)
    assert unshown("中", searched) == "中"


def test_what_is_no_font_is_the_users_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "letter.ttf"
    wrong.write_bytes(b"hello" * 99)
    for path in (wrong, tmp_path / "missing.ttf", tmp_path):
        with pytest.raises(UserError, match=rf"{path.name}: should be a readable \.ttf, \.otf or \.ttc"):
            read_fonts(path)


def test_accents_and_tails_have_room() -> None:
    lettering = Lettering(faces_for("ÅẾgj", SYSTEM), 32)
    for piece in lettering.pieces("ÅẾgj"):
        if piece.face is not None:
            _, top, _, bottom = open_face(piece.face, 32).getbbox(piece.text, anchor="ls")
            assert -top <= lettering.ascent
            assert bottom <= lettering.descent
