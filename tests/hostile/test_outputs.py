"""Outputs: where something else stands already, and where nothing may be written."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import pytest

from tests.hostile.campaign import EITHER, Case, all_of, json_plan
from tests.hostile.inputs import CONTROLS, plan_with, run_folder

pytestmark = pytest.mark.hostile

LOOK = ("a red star", "--plan-only", "-q", "--size", "64x64", "-o")


@dataclass(frozen=True)
class Pipe:
    """A pipe with a reader, so that a writer does not wait."""

    descriptor: int

    @classmethod
    def at(cls, path: Path) -> "Pipe":
        """Make it."""
        os.mkfifo(path)
        return cls(os.open(path, os.O_RDONLY | os.O_NONBLOCK))

    def __del__(self) -> None:
        os.close(self.descriptor)


def world(folder: Path) -> object:
    """A folder, links and a pipe, with the ending of a picture."""
    outside = folder.parent / "outside"
    (folder / "folder.png").mkdir()
    (folder / "link.png").symlink_to(outside / "kept.png")
    (folder / "broken.png").symlink_to("missing/there.png")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "own.png").write_bytes(b"old")
    (folder / "near.png").symlink_to("own.png")
    (folder / "null.png").symlink_to("/dev/null")
    (folder / "full.png").symlink_to("/dev/full")
    return Pipe.at(folder / "pipe.png")


def planted(folder: Path) -> None:
    """Links to a file outside, under every name that a draft had in earlier versions."""
    for name in (
        f".out.png.{os.getpid()}.part",
        ".out.png.part",
        "out.png.part",
        "out.png.tmp",
        ".out.png.tmp",
    ):
        (folder / name).symlink_to(folder.parent / "outside" / "kept.png")


REFUSED = (
    *("folder.png", "loop.png", "broken.png", "missing/out.png", "own.png/out.png", "out.txt", "out", ""),
    *(
        "/proc/out.png",
        "/sys/out.png",
        "a\0b.png",
        "a" * 300 + ".png",
        ".",
        "..",
        "/",
        "full.png",
    ),
    *(f"missing/{CONTROLS}.png".replace("\0", ""), "missing/a\nscenewright: two.png", "\udce9/out.png"),
)
"""Outputs that are refused."""


def cases() -> Iterator[Case]:
    """All of them."""
    for number, place in enumerate(REFUSED):
        # /dev/full fails as a disk does.
        codes = (1, 2) if place == "full.png" else (2,)
        yield Case(f"refused-{number}", (*LOOK, place), world, codes, writable=("/proc", "/sys", "/dev/full"))
    yield Case("new", (*LOOK, "out.png"), world, (0,), written=("out.png",))
    yield Case("replaced", (*LOOK, "own.png"), world, (0,), written=("own.png",))
    yield Case("slash", (*LOOK, "out.png/"), world, EITHER, written=("out.png",))
    yield Case("svg", (*LOOK, "out.svg"), world, (0,), written=("out.svg",))
    yield Case("link-near", (*LOOK, "near.png"), world, (0,), written=("own.png",))
    yield Case("pipe", (*LOOK, "pipe.png"), world, EITHER, written=("pipe.png",))
    yield Case("null", (*LOOK, "null.png"), world, EITHER)
    yield Case("planted", (*LOOK, "out.png"), planted, (0,), written=("out.png",))
    yield Case("controls", (*LOOK, "\x1b[31m\x07.png"), world, EITHER, written=("\x1b[31m\x07.png",))
    yield Case("newline", (*LOOK, "a\nb.png"), world, EITHER, written=("a\nb.png",))
    yield Case("surrogate", (*LOOK, "\udce9.png"), world, EITHER, written=("\udce9.png",))
    masks = ("a red star", "--plan-only", "-q", "--size", "64x64", "--masks")
    yield Case("masks-folder-is-a-file", (*masks, "own.png"), world)
    yield Case("masks-folder-is-a-pipe", (*masks, "pipe.png"), world)
    yield Case("masks-folder-is-a-loop", (*masks, "loop.png"), world)
    for number, name in enumerate(
        (
            "../../outside/kept",
            "/etc/x",
            "..",
            ".",
            "a/b",
            "\0",
            "a\nb",
            "\x1b[31m",
            "CON",
            " ",
            "a" * 80,
            "é" * 80,
            "😀" * 40,
        )
    ):
        made = json_plan(plan_with(name=name, where={"x0": 0, "y0": 0, "x1": 500, "y1": 500}))
        words = ("--plan", "plan.json", "--plan-only", "-q", "--masks", "masks")
        yield Case(f"masks-{number}", words, made, EITHER, written=("masks", "masks/*"))
    for option, place, codes in (
        ("--out", "folder.png", (2,)),
        ("--out", "missing/report.html", (2,)),
        ("--out", "loop.png", (2,)),
        ("--out", "own.png", (0,)),
        ("--out", "pipe.png", EITHER),
        ("--out", "/proc/report.html", (2,)),
        ("--results", "own.png", (2,)),
        ("--results", "pipe.png", (2,)),
        ("--results", "folder.png", (2,)),
        ("--results", "loop.png", (2,)),
        ("--results", "/dev/zero", (2,)),
    ):
        written = (place,) if place in {"own.png", "pipe.png"} and not codes[0] else ("report.html",)
        made, words = all_of(world, run_folder()), ("report", "run", option, place)
        name = f"report{option}-{place.replace('/', '_')}"
        yield Case(
            name,
            words,
            made,
            codes,
            written=written,
            readable=("/dev/zero",),
            writable=("/proc", "/dev/zero"),
            programs=("git",),
        )


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_an_output(case: Case, campaign: Callable[[Case], None]) -> None:
    campaign(case)


def test_what_stands_there_stays_what_it_is(tmp_path: Path, campaign: Callable[[Case], None]) -> None:
    """A link stays a link, and a pipe a pipe."""
    campaign(Case("link", (*LOOK, "near.png"), world, (0,), written=("own.png",)))
    folder = tmp_path / "here"
    assert (folder / "near.png").is_symlink()
    assert (folder / "pipe.png").is_fifo()
    assert (tmp_path / "outside" / "kept.png").read_bytes() == b"kept"
