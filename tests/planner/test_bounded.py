"""What others made is read within limits, checked before the work; what is written follows no links."""

import io
import json
import os
import stat
from pathlib import Path

import pytest
from PIL import Image

from planner.bounded import (
    UnreadableError,
    decode_picture,
    parse_json,
    read_file,
    read_picture_file,
    read_text,
)
from planner.errors import UserError, printable_line
from planner.files import load_plan, write_atomic


def picture(form: str, size: tuple[int, int] = (32, 16), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, form, **options)
    return buffer.getvalue()


def test_a_regular_file_of_the_right_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert read_file(file, 5) == b"12345"
    with pytest.raises(UnreadableError, match="a: cannot be read \\(it is larger than 4 bytes\\)"):
        read_file(file, 4)
    assert read_file("/proc/self/status", 2**16), "a file whose size the system gives as 0"


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reasons = {
        tmp_path: "is a directory",
        tmp_path / "pipe": "should be a regular file",
        "/dev/zero": "should be a regular file",
        tmp_path / "none": "no such file",
        "nul\0": "null",
    }
    for path, reason in reasons.items():
        with pytest.raises(UnreadableError) as caught:
            read_file(path, 100)
        assert reason in caught.value.reason


def test_text_is_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeffÄ".encode())
    assert read_text(tmp_path / "a") == "Ä"
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(UnreadableError, match="not UTF-8"):
        read_text(tmp_path / "a")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_three_formats_are_opened(form: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(picture(form))
    assert read_picture_file(tmp_path / "a").size == (32, 16)


@pytest.mark.parametrize("form", ["EPS", "TIFF", "BMP", "GIF", "PDF", "ICO", "PPM", "TGA"])
def test_other_formats_are_not_opened(form: str) -> None:
    with pytest.raises(UserError, match="holds no PNG, JPEG or WebP image"):
        decode_picture(picture(form))


def test_a_picture_is_refused_by_its_header_before_it_is_decoded() -> None:
    content = bytearray(picture("PNG"))
    content[16:24] = (60_000).to_bytes(4) * 2
    with pytest.raises(UserError):
        decode_picture(bytes(content))
    with pytest.raises(UserError, match="at most 8,192 x 8,192"):
        decode_picture(picture("PNG", (8208, 8192)))
    with pytest.raises(UserError, match="is 32x16; a mask has the canvas's size, which is 64x64"):
        decode_picture(picture("PNG"), (64, 64))
    with pytest.raises(UserError, match="holds no image that can be read"):
        decode_picture(picture("PNG", (64, 64))[:-40])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 65 + "]" * 65, "is nested too deeply"),
        ("[" * 10**6, "is nested too deeply"),
        ('{"a": ' + "9" * 21 + "}", "a number has 21 digits"),
        ("[NaN]", "NaN is no JSON number"),
        ("{'a': 1}", "is not JSON: .* at line 1, column 2"),
        ('"\ud800', "is not JSON"),
    ],
)
def test_json_is_bounded(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_json(text)


def test_json_within_the_bounds_is_read() -> None:
    value = {"text": '[[{"\\' * 100, "deep": json.loads("[" * 62 + "]" * 62), "number": 10**19}
    assert parse_json(json.dumps(value)) == value


def test_an_error_is_one_printable_line() -> None:
    text = "a\x1b[31m\nb\u202e\ud800" + "x" * 3000
    assert str(UserError(text)).startswith(r"a\x1b[31m\nb\u202e\ud800xxx")
    assert str(UserError(text)).endswith("x…")
    assert printable_line("Ärger, 日本") == "Ärger, 日本"


def test_a_written_file_follows_no_planted_link_and_keeps_its_mode(tmp_path: Path) -> None:
    target, link = tmp_path / "plan.json", tmp_path / "link.json"
    write_atomic(target, b"1")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomic(link, b"2")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"2")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "plan.json"]


def test_devices_and_pipes_are_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UserError, match="cannot be written"):
        write_atomic(pipe, b"nobody reads")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomic(pipe, b"somebody reads")
    assert os.read(reader, 100) == b"somebody reads"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_atomic("/dev/null", b"nothing")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(UserError, match="null byte"):
        write_atomic("nul\0", b"")


def test_a_mask_lies_within_the_plans_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (inner / "masks").mkdir(parents=True)
    white = picture("PNG", (64, 64))
    for file in (tmp_path / "private.png", inner / "masks" / "cat.png"):
        file.write_bytes(white)
    (inner / "link.png").symlink_to(tmp_path / "private.png")
    region = {"name": "cat", "prompt": "a cat", "where": {"mask": "masks/cat.png"}}
    scene = {"caption": "a cat", "regions": [region]}
    plan = {"size": {"width": 64, "height": 64}, "scene": scene, "origin": {"planner": "file"}}

    def load(mask: str) -> None:
        region["where"] = {"mask": mask}
        (inner / "plan.json").write_text(json.dumps(plan))
        load_plan(inner / "plan.json")

    with pytest.raises(UserError, match="is all black"):
        load("masks/cat.png")  # so the file was read
    for mask in ("../private.png", str(tmp_path / "private.png"), "link.png", "masks/../../private.png"):
        with pytest.raises(UserError, match="is outside of the plan's folder"):
            load(mask)
    with pytest.raises(UserError, match=r"nul\\x00.png is no path"):
        load("nul\0.png")
