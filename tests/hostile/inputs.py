"""Inputs as strangers make them: plans, pictures, masks, replies and runs, valid ones and spoilt ones."""

import base64
import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

Json = dict[str, Any]

SIDE = 64
SIGNATURE = b"\x89PNG\r\n\x1a\n"
CONTROLS = "\x1b[31mred\x1b]0;title\x07\x1b[2J\r\x00\x9b\u2028\u202e"
"""Control characters that colour, rename and empty a terminal, and turn lines around."""


def region(**changes: object) -> Json:
    """A region that is valid but for the changes."""
    box = {"x0": 0, "y0": 0, "x1": 500, "y1": 1000}
    return {"name": "star", "prompt": "a yellow star", "where": box, **changes}


def scene(**changes: object) -> Json:
    """A scene that is valid but for the changes."""
    return {"prompt": "a yellow star", "caption": "a yellow star", "regions": [region()], **changes}


def plan(**changes: object) -> Json:
    """A plan of 64 x 64 pixels that is valid but for the changes."""
    size, origin = {"width": SIDE, "height": SIDE}, {"planner": "file"}
    return {"version": 3, "size": size, "scene": scene(), "origin": origin, **changes}


def plan_with(**changes: object) -> Json:
    """A plan whose one region has the changes."""
    return plan(scene=scene(regions=[region(**changes)]))


def masked(mask: object) -> Json:
    """A plan whose region has this mask."""
    return plan_with(where={"mask": mask})


def data_url(content: bytes, kind: str = "png") -> str:
    """A picture as a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    """The header of a PNG."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png(
    width: int, height: int, *chunks: bytes, rows: bytes | None = None, late: Sequence[bytes] = ()
) -> bytes:
    """A grey PNG, white all over, with further chunks before its pixels and `late` ones after them."""
    pixels = zlib.compress((b"\0" + b"\xff" * width) * height if rows is None else rows)
    before = b"".join((header(width, height), *chunks))
    return SIGNATURE + before + chunk(b"IDAT", pixels) + b"".join(late) + chunk(b"IEND", b"")


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises many pixels, of which there are a few."""
    return png(width, height, rows=b"\0" * 1000)


def bomb_png(side: int) -> bytes:
    """A small file with all of its `side` x `side` pixels, one bit each."""
    rows = zlib.compress(b"\0" * ((side // 8 + 1) * side), 9)
    return SIGNATURE + header(side, side, 1) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def mask_png(width: int = SIDE, height: int = SIDE) -> bytes:
    """A mask, white on its left half."""
    image = Image.new("L", (width, height))
    image.paste(255, (0, 0, max(width // 2, 1), height))
    return saved(image, "PNG")


def saved(image: Image.Image, form: str) -> bytes:
    """An image in a format of Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n"
    b"(owned) (w) file closefile\nshowpage\n%%EOF\n"
)
PSD = (
    b"8BPS" + struct.pack(">H6xHIIHH", 1, 1, SIDE, SIDE, 8, 1) + b"\0" * 12 + b"\0\0" + b"\xff" * SIDE * SIDE
)
XPM = b'/* XPM */\nstatic char *x[] = {\n"1 1 1 1",\n"a c #ffffff",\n"a"\n};\n'


def other_formats() -> dict[str, bytes]:
    """Pictures of the right size in formats that are not taken."""
    white = Image.new("L", (SIDE, SIDE), 255)
    formats = (
        "TIFF",
        "GIF",
        "BMP",
        "ICO",
        "PPM",
        "TGA",
        "PCX",
        "SGI",
        "IM",
        "PDF",
        "ICNS",
        "DDS",
        "JPEG2000",
    )
    made = {"EPS": EPS, "PSD": PSD, "XPM": XPM}
    for form in formats:
        image = white.convert("RGBA") if form in {"ICO", "ICNS", "DDS"} else white
        made[form] = saved(image, form)
    return made


def text_chunk(text: str, kind: str = "iTXt", key: bytes = b"scenewright") -> bytes:
    """A text chunk of a PNG: iTXt, zTXt, tEXt, or iTXt-z (compressed)."""
    content = text.encode("utf-8", "surrogatepass")
    match kind:
        case "iTXt":
            return chunk(b"iTXt", key + b"\0\0\0\0\0" + content)
        case "iTXt-z":
            return chunk(b"iTXt", key + b"\0\1\0\0\0" + zlib.compress(content, 9))
        case "zTXt":
            return chunk(b"zTXt", key + b"\0\0" + zlib.compress(content, 9))
        case _:
            return chunk(b"tEXt", key + b"\0" + content)


def record(**changes: object) -> Json:
    """The record of a picture, valid but for the changes."""
    return {"plan": plan(), "settings": {}, "seed": 0, "model": "tiny", "versions": {}, **changes}


def picture(text: str | Json, kind: str = "iTXt") -> bytes:
    """A picture that carries this record."""
    return png(SIDE, SIDE, text_chunk(text if isinstance(text, str) else json.dumps(text), kind))


def noise(width: int, height: int, mode: str = "RGB") -> bytes:
    """A PNG of random pixels."""
    random = np.random.default_rng(0)
    shape = {"RGB": (height, width, 3), "RGBA": (height, width, 4), "L": (height, width)}[mode]
    return saved(Image.fromarray(random.integers(0, 256, shape, np.uint8), mode), "PNG")


def painting(image: Image.Image) -> bytes:
    """A painted layout."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=PngImagePlugin.PngInfo())
    return buffer.getvalue()


def run_record(**changes: object) -> Json:
    """The run.json of a run of pictures."""
    arms = [{"name": name, "plain": name == "plain", "settings": {}} for name in ("plain", "regional")]
    made: Json = {
        "benchmark": "prompts",
        "stage": "image",
        "prompts": "0",
        "model": "tiny",
        "arms": arms,
        "seeds": [0],
        "scorers": ["seams"],
        "shard": [1, 1],
        "size": {"width": SIDE, "height": SIDE},
        "planner": "builtin",
        "llm": None,
        "judge_price": None,
        "format": 2,
    }
    return {**made, **changes}


def picture_row(arm: str = "plain", **changes: object) -> Json:
    """A row of a run of pictures."""
    made: Json = {
        "id": f"0/{arm}/0",
        "sample": 0,
        "prompt": "a yellow star",
        "group": None,
        "arm": arm,
        "seed": 0,
        "picture": f"{arm}/00000/samples/0000.png",
        "scores": {"seams.strength": 0.5},
        "explanations": {},
        "unscored": {},
        "tokens": {},
        "cost": {},
        "seconds": 0.1,
        "error": None,
    }
    return {**made, **changes}


def plan_row(**changes: object) -> Json:
    """A row of a run of plans."""
    made: Json = {
        "id": 0,
        "prompt": "a yellow star",
        "boxes": [],
        "scene": scene(),
        "notes": [],
        "origin": {"planner": "builtin"},
        "scores": {},
        "geometry": None,
        "tokens": None,
        "cost": None,
        "error": None,
        "seconds": 0.1,
    }
    return {**made, **changes}


def run_folder(
    record: Json | str | bytes | None = None,
    rows: Sequence[Json] | bytes | None = None,
    plans: Sequence[Json] | bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    links: Mapping[str, str] | None = None,
) -> Callable[[Path], None]:
    """A maker of the folder `run`: a valid run of two pictures but for what is given.

    Links are made by name to their targets, in which {outside} is the folder outside.
    """

    def lines(given: Sequence[Json] | bytes) -> bytes:
        if isinstance(given, bytes):
            return given
        return b"".join(json.dumps(row).encode("utf-8", "surrogatepass") + b"\n" for row in given)

    def make(folder: Path) -> None:
        run = folder / "run"
        (run / "plans").mkdir(parents=True)
        content = run_record() if record is None else record
        text = json.dumps(content) if isinstance(content, dict) else content
        (run / "run.json").write_bytes(text if isinstance(text, bytes) else text.encode())
        pictures = [picture_row("plain"), picture_row("regional")]
        (run / "rows.jsonl").write_bytes(lines(pictures if rows is None else rows))
        (run / "plans" / "rows.jsonl").write_bytes(lines([plan_row()] if plans is None else plans))
        made = {f"{arm}/00000/samples/0000.png": mask_png() for arm in ("plain", "regional")}
        for name, data in {**made, **(files or {})}.items():
            path = run / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        for name, target in (links or {}).items():
            path = run / name
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target.replace("{outside}", str(folder.parent / "outside")))

    return make


def completion(content: object, finish: str = "stop", **changes: object) -> Json:
    """A chat completion with this content."""
    message = {"role": "assistant", "content": content, **changes}
    return {
        "id": "1",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
    }


def reply(**changes: object) -> Json:
    """What a language model writes, valid but for the changes."""
    box = {"x0": 0, "y0": 0, "x1": 500, "y1": 1000}
    star = {"name": "star", "prompt": "a yellow star", "count": 1, "depth": 0, "where": box, "quotes": []}
    made: Json = {"caption": "a star", "background": "night", "style": "", "absent": [], "quotes": {}}
    return {**made, "regions": [star], "relations": [], **changes}
