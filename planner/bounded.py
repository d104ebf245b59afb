"""Reads what others made: regular files of limited size, three picture formats, JSON of limited depth.

A limit is checked before any work that depends on what it limits.
"""

import errno
import io
import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from planner.errors import UserError

if TYPE_CHECKING:
    from pydantic import JsonValue

PICTURE_FORMATS = ("PNG", "JPEG", "WEBP")
"""Pillow reads many more, some of them by other programs."""

MEGABYTE = 2**20
PLAN_BYTES = 32 * MEGABYTE
TEXT_BYTES = MEGABYTE
PICTURE_BYTES = 256 * MEGABYTE
PICTURE_PIXELS = 8192 * 8192
JSON_DEPTH = 64
JSON_DIGITS = 20

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)


class WrongSizeError(UserError):
    """A mask has another size than the canvas."""


class UnreadableError(UserError):
    """A file cannot be read, for a `reason`."""

    def __init__(self, path: Path | str, reason: str, field: str | None = None) -> None:
        super().__init__(f"{path}: cannot be read ({reason})", field)
        self.reason = reason


def read_file(path: Path | str, most: int, field: str | None = None) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises `UnreadableError` that names file and field for a larger file, for a folder, a pipe or a device,
    and where it cannot be read.
    """
    try:
        # A pipe without a writer would block.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            kind = os.fstat(descriptor)
            if stat.S_ISDIR(kind.st_mode):
                raise IsADirectoryError(errno.EISDIR, "is a directory")
            if not stat.S_ISREG(kind.st_mode):
                raise OSError(errno.EINVAL, "it is a pipe or a device, and should be a regular file")
            # The size may grow, and is 0 for files that the system makes up.
            content, left = list[bytes](), most + 1 - kind.st_size if kind.st_size > most else most + 1
            while left > 0 and (part := os.read(descriptor, min(left, 2**24))):
                content.append(part)
                left -= len(part)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:  # ValueError: a path with NUL
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableError(path, (reason or "unknown reason").lower(), field) from error
    if left <= 0:
        size = f"{most // MEGABYTE} MB" if most >= MEGABYTE else f"{most:,} bytes"
        raise UnreadableError(path, f"it is larger than {size}", field)
    return b"".join(content)


def read_text(path: Path | str, most: int = TEXT_BYTES, field: str | None = None) -> str:
    """The text of a UTF-8 file. Raises `UnreadableError` as `read_file` does, and for other encodings."""
    try:
        return read_file(path, most, field).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(path, "it is not UTF-8 text", field) from error


def read_picture_file(path: Path | str, field: str | None = None) -> Image.Image:
    """The picture in a file, upright, with its text chunks in `info`.

    Raises `UserError` that names file and field as `read_file` and `decode_picture` do.
    """
    content = read_file(path, PICTURE_BYTES, field)
    try:
        return ImageOps.exif_transpose(decode_picture(content))
    except UserError as error:
        raise UserError(f"{path}: {error.text}", field) from error


def decode_picture(content: bytes, size: tuple[int, int] | None = None) -> Image.Image:
    """The picture in the bytes of a PNG, JPEG or WebP file; of a mask, `size` is the canvas's size.

    Raises `UserError` for other formats, more than 8,192 x 8,192 pixels (before they are decoded), or a
    broken file.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=PICTURE_FORMATS)
    except Exception as error:  # Pillow raises many kinds for broken files
        raise UserError("holds no PNG, JPEG or WebP image") from error
    if image.width * image.height > PICTURE_PIXELS:
        raise UserError(f"has {image.width:,} x {image.height:,} pixels: at most 8,192 x 8,192 are read")
    if size is not None and image.size != size:
        canvas = f"{size[0]}x{size[1]}"
        raise WrongSizeError(
            f"is {image.width}x{image.height}; a mask has the canvas's size, which is {canvas}"
        )
    try:
        image.load()
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"holds no image that can be read ({reason})") from error
    return image


def parse_json(text: str | bytes) -> "JsonValue":
    """The value of a JSON text at most 64 levels deep, with numbers of at most 20 digits.

    Raises `UserError` that says what is wrong and where.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    brackets = np.frombuffer(_STRINGS.sub(b"", content), np.uint8)
    opened = np.isin(brackets, list(b"[{")).astype(np.int32) - np.isin(brackets, list(b"]}"))
    if opened.size and int(opened.cumsum().max()) > JSON_DEPTH:
        raise UserError(f"is nested too deeply: it may have {JSON_DEPTH} levels")
    try:
        return json.loads(content, parse_int=_integer, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UserError(f"is not JSON: {error.msg.lower()} at {place}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"is not JSON: {error}") from error


def _integer(digits: str) -> int:
    if len(digits) > JSON_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
