"""Masks of plans: paths that lead elsewhere, other formats, wrong sizes, and bombs."""

import os
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

import pytest
from PIL import Image

from tests.hostile.campaign import EITHER, PLAN, Case, all_of, file_of, json_plan
from tests.hostile.inputs import (
    CONTROLS,
    EPS,
    SIDE,
    bomb_png,
    data_url,
    huge_png,
    mask_png,
    masked,
    noise,
    other_formats,
    plan,
    png,
    saved,
    text_chunk,
)

pytestmark = pytest.mark.hostile

PATHS: dict[str, str] = {
    "absolute": "{outside}/mask.png",
    "parent": "../outside/mask.png",
    "folder_and_parent": "sub/../../outside/mask.png",
    "absolute_within": "{folder}/own.png",
    "etc_passwd": "/etc/passwd",
    "dev_zero": "/dev/zero",
    "dev_stdin": "/dev/stdin",
    "proc": "/proc/self/environ",
    "home": "~/mask.png",
    "variable": "$HOME/mask.png",
    "nul": "own.png\0.png",
    "newline": "own\nscenewright: a second line.png",
    "controls": CONTROLS,
    "escape": "own\x1b[31m.png",
    "surrogate": "own\ud800.png",
    "long": "a" * 5000 + ".png",
    "long_path": "a/" * 5000 + "b.png",
    "empty_name": " ",
    "dot": ".",
    "parent_alone": "..",
    "folder": "sub",
    "missing": "missing.png",
    "text": "notes.txt",
    "self": "plan.json",
    "http": "http://127.0.0.1:9/mask.png",
    "https": "https://example.com/mask.png",
    "file_url": "file://{outside}/mask.png",
    "ftp": "ftp://127.0.0.1/mask.png",
    "unc": "\\\\host\\share\\mask.png",
    "windows": "C:\\mask.png",
    "link": "link.png",
    "link_to_a_link": "link2.png",
    "through_a_folders_link": "linked/mask.png",
    "link_to_nothing": "broken.png",
    "link_to_itself": "loop.png",
    "fifo": "fifo.png",
}
"""Paths of masks that are not read."""

URLS: dict[str, str] = {
    "jpeg_url_of_text": "data:image/jpeg;base64,AAAA",
    "html": "data:text/html,<script>",
    "svg": "data:image/svg+xml;base64,PHN2Zz4=",
    "nothing": "data:image/png;base64,",
    "no_base64": "data:image/png;base64,%%%%",
    "spaces": "data:image/png;base64,    ",
    "text": data_url(b"a text"),
    "surrogate": "data:image/png;base64,\ud800",
    "letters": "data:image/png;base64,é",
    "upper_case": "DATA:IMAGE/PNG;BASE64," + data_url(mask_png()).partition(",")[2],
    "twice": "data:image/png;base64," * 2,
    "long_junk": "data:image/png;base64," + "A" * 10_000_000,
}

BAD_PNGS: dict[str, bytes] = {
    "1x1": mask_png(1, 1),
    "wrong_size": mask_png(128, 64),
    "black": saved(Image.new("L", (SIDE, SIDE)), "PNG"),
    "huge_header": huge_png(60_000, 60_000),
    "largest_header": huge_png(2**31 - 1, 2**31 - 1),
    "wide_header": huge_png(2**31 - 1, 1),
    "no_pixels": huge_png(0, 0),
    "bomb_of_8192": bomb_png(8192),
    "bomb_of_30000": bomb_png(30_000),
    "half": mask_png()[:-30],
    "signature": mask_png()[:8],
    "header_alone": mask_png()[:33],
    "empty_pixels": png(SIDE, SIDE, rows=b""),
    "few_pixels": png(SIDE, SIDE, rows=b"\0" * 10),
    "spoilt_checksum": mask_png()[:40] + b"\xff" + mask_png()[41:],
    "text_bomb": png(SIDE, SIDE, text_chunk("x" * 70_000_000, "zTXt")),
    "late_text_bomb": png(SIDE, SIDE, late=[text_chunk("x" * 70_000_000, "iTXt-z")]),
}
"""PNGs that are no masks of a canvas of 64 x 64."""

TAKEN_PNGS: dict[str, bytes] = {
    "text": png(SIDE, SIDE, text_chunk("hello", "tEXt", b"Comment")),
    "grey_of_16_bits": saved(Image.new("I;16", (SIDE, SIDE), 65535), "PNG"),
    "palette": saved(Image.new("P", (SIDE, SIDE), 1).convert("RGB").quantize(2), "PNG"),
    "one_bit": saved(Image.new("1", (SIDE, SIDE), 1), "PNG"),
    "transparent": saved(Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 255)), "PNG"),
    "noise": noise(SIDE, SIDE, "L"),
    "late_text": png(SIDE, SIDE, late=[text_chunk("hello")]),
    "1000_chunks": png(SIDE, SIDE, *(text_chunk(f"{i}", "tEXt", f"key {i}".encode()) for i in range(1000))),
}


def world(folder: Path) -> None:
    """Files, folders and links beside the plan."""
    outside = folder.parent / "outside"
    (folder / "sub").mkdir()
    (folder / "own.png").write_bytes(mask_png())
    (folder / "notes.txt").write_text("no picture\n", "utf-8")
    (folder / "link.png").symlink_to(outside / "mask.png")
    (folder / "link2.png").symlink_to("link.png")
    (folder / "linked").symlink_to(outside)
    (folder / "broken.png").symlink_to(outside / "missing.png")
    (folder / "loop.png").symlink_to("loop.png")
    os.mkfifo(folder / "fifo.png")


def cases() -> Iterator[Case]:
    """All of them."""
    for name, path in PATHS.items():
        yield Case(f"path-{name}", make=all_of(world, json_plan(masked(path))), contains="plan.json")
    for name, url in URLS.items():
        yield Case(f"url-{name}", make=json_plan(masked(url)), contains="plan.json")
    for name, content in BAD_PNGS.items():
        yield Case(f"png-{name}", make=json_plan(masked(data_url(content))), contains="plan.json")
        beside = all_of(file_of("mask.png", content), json_plan(masked("mask.png")))
        yield Case(f"file-{name}", make=beside, contains="mask.png")
    for name, content in other_formats().items():
        yield Case(f"url-{name}", make=json_plan(masked(data_url(content))), contains="plan.json")
        for ending in (name.lower(), "png"):
            beside = all_of(file_of(f"mask.{ending}", content), json_plan(masked(f"mask.{ending}")))
            yield Case(f"file-{name}.{ending}", make=beside, contains=f"mask.{ending}")
    eps = json_plan(masked(data_url(EPS, "eps")))
    yield Case("url-eps-by-its-type", make=eps, contains="plan.json")
    for name, content in TAKEN_PNGS.items():
        yield Case(f"png-{name}", make=json_plan(masked(data_url(content))), codes=EITHER)
        beside = all_of(file_of("mask.png", content), json_plan(masked("mask.png")))
        yield Case(f"file-{name}", make=beside, codes=EITHER)
    within = all_of(world, json_plan(masked("sub/../own.png")))
    yield Case("path-within", make=within, codes=(0,))
    fifo = all_of(world, json_plan(plan()))
    yield Case("plan-is-a-fifo", ("--plan", "fifo.png", *PLAN[2:]), fifo, contains="fifo.png")
    yield Case("plan-is-a-folder", ("--plan", "sub", *PLAN[2:]), fifo, contains="sub")
    yield Case("plan-is-dev-zero", ("--plan", "/dev/zero", *PLAN[2:]), readable=("/dev/zero",))
    yield Case("plan-is-a-loop", ("--plan", "loop.png", *PLAN[2:]), fifo, contains="loop.png")
    yield Case("plan-is-missing", ("--plan", "a\x1b[31m\nb.json", *PLAN[2:]))
    yield Case("plan-has-nul", ("--plan", "a\0b.json", *PLAN[2:]))


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_a_mask(case: Case, campaign: Callable[[Case], None]) -> None:
    campaign(case)
