"""A case of the campaign, and what must hold for all of them.

A case is a command with the files that it reads. It must end with its exit code and one printable line,
without a traceback, and touch nothing but the files that it names.
"""

import io
import json
import resource
import signal
import sys
import time
import unicodedata
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from types import FrameType

import pytest

from planner.errors import WorldError
from renderer.cli import main
from tests.hostile.audit import watching
from tests.hostile.inputs import mask_png, picture

SECONDS = 20
"""After so long a case is stopped: it would never end."""

MEMORY = 4 * 2**30
"""Bytes that a case may take beyond what the process has: bombs must not fill the machine."""

LONGEST_LINE = 1000
"""Characters of a refusal: what it quotes is cut."""

EITHER = (0, 2)
"""For inputs that may be taken or refused."""

DRAWING = "the drawing begins"
"""The line where a case comes as far as drawing, which is not done."""

_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Kinds of characters that turn the direction of a line."""

PLAN = ("--plan", "plan.json", "--plan-only", "-q")
REPORT = ("report", "run")


def nothing(folder: Path) -> None:
    """Make no file."""
    del folder


@dataclass(frozen=True)
class Case:
    """A command, and what it should do; {folder} and {outside} in texts are the folders' paths.

    `make` writes the files of a case; what it returns is kept until the case ends. `lines` is the number of
    lines on stderr, None for any number. `written` are the files that may appear or change in the folder.
    `readable`, `writable` and `programs` are named by the command. Drawing is replaced by an error, unless
    `draws`.
    """

    id: str
    arguments: tuple[str, ...] = PLAN
    make: Callable[[Path], object] = nothing
    codes: tuple[int, ...] = (2,)
    lines: int | None = 1
    contains: str = ""
    written: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    stdin: bytes | None = b""
    network: bool = False
    draws: bool = False
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    command: Callable[[Sequence[str]], int] = main


@dataclass(frozen=True)
class Cost:
    """What a case took: seconds, and megabytes at most beyond what the process had (0 but on Linux)."""

    seconds: float
    megabytes: float


class TooSlowError(BaseException):
    """A case took longer than its limit."""


def json_plan(content: object) -> Callable[[Path], None]:
    """A maker of plan.json: a text or bytes as they are, anything else as JSON."""

    def make(folder: Path) -> None:
        path = folder / "plan.json"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))

    return make


def file_of(name: str, content: bytes | str) -> Callable[[Path], None]:
    """A maker of one file."""

    def make(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))

    return make


def picture_of(record: object, kind: str = "iTXt") -> Callable[[Path], None]:
    """A maker of picture.png with this record, an object or a text, in which {outside} is a path."""
    text = record if isinstance(record, str) else json.dumps(record)

    def make(folder: Path) -> None:
        outside = str(folder.parent / "outside")
        (folder / "picture.png").write_bytes(picture(text.replace("{outside}", outside), kind))

    return make


def all_of(*makers: Callable[[Path], object]) -> Callable[[Path], object]:
    """A maker that runs several."""

    def make(folder: Path) -> object:
        return [each(folder) for each in makers]

    return make


@contextmanager
def limited(seconds: int) -> Generator[None, None, None]:
    """Within it, time and memory are limited: raises `TooSlowError`, or `MemoryError`."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise TooSlowError(f"took over {seconds} s")

    earlier = signal.signal(signal.SIGALRM, stop)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, limits[1]))
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, earlier)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _memory(field: str) -> float:
    """A field of /proc/self/status in megabytes, such as VmRSS, or VmHWM for its peak."""
    if sys.platform != "linux":
        return 0.0
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def run(case: Case, base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cost:
    """Run a case in an empty folder and check it; returns what it took."""
    folder, outside = base / "here", base / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "mask.png").write_bytes(mask_png())
    (outside / "secret.txt").write_text("a private line\n", "utf-8")
    (outside / "evil.py").write_text("raise SystemExit('the file of a stranger ran')\n", "utf-8")
    (outside / "kept.png").write_bytes(b"kept")

    def placed(text: str) -> str:
        return text.replace("{folder}", str(folder)).replace("{outside}", str(outside))

    _set_environment(case, base, placed, monkeypatch)
    monkeypatch.chdir(folder)
    kept = case.make(folder)
    _place_paths(folder, placed)
    before = _snapshot(base)
    capsys.readouterr()
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak starts anew
    memory, start = _memory("VmRSS"), time.perf_counter()
    readable = tuple(map(placed, case.readable))
    writable = (str(base / "cache"), *map(placed, case.writable))
    with limited(SECONDS), watching(folder, readable, writable, case.programs, case.network) as watch:
        try:
            code = case.command([placed(word) for word in case.arguments])
        except SystemExit as error:  # argparse ends the program
            code = error.code
    cost = Cost(time.perf_counter() - start, max(_memory("VmHWM") - memory, 0.0))
    del kept
    answer = capsys.readouterr()
    changed = before.items() ^ _snapshot(base).items()
    _check(case, code, answer.out, answer.err)
    assert watch.touched == []
    allowed = ("cache", *(f"here/{name}" for name in case.written))
    assert [name for name, _ in changed if not any(fnmatch(name, each) for each in allowed)] == []
    return cost


def _set_environment(
    case: Case, base: Path, placed: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SCENEWRIGHT_LLM", "OPENAI_API_KEY", "OPENAI_BASE_URL", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(base / "home"))
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(base / "cache"))
    for name, value in case.environment.items():
        monkeypatch.setenv(name, placed(value))
    stdin = None if case.stdin is None else io.TextIOWrapper(io.BytesIO(case.stdin), "utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    # As it is in a process of its own.
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    # It would close the file of the tests' own stdout.
    monkeypatch.setattr("renderer.cli._close_stdout", _leave_stdout, raising=False)
    if not case.draws:
        monkeypatch.setattr("renderer.drawing.generate_many", _no_drawing)


def _leave_stdout() -> None:
    """Do nothing."""


def _no_drawing(*arguments: object, **options: object) -> None:
    del arguments, options
    raise WorldError(DRAWING)


def _place_paths(folder: Path, placed: Callable[[str], str]) -> None:
    """Put the folders' paths into the files of a case."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix in {".json", ".jsonl"}:
            content = path.read_bytes()
            if b"{outside}" in content or b"{folder}" in content:
                path.write_text(placed(content.decode()), "utf-8")


def _snapshot(base: Path) -> dict[str, tuple[object, ...]]:
    """Every file with its kind, size, content's time and, for a link, its target."""
    found: dict[str, tuple[object, ...]] = {}
    for path in base.rglob("*"):
        status, name = path.lstat(), path.relative_to(base).as_posix()
        if name.startswith("cache/"):
            continue
        target = str(path.readlink()) if path.is_symlink() else ""
        times = () if path.is_dir() else (status.st_size, status.st_mtime_ns)
        found[name] = (status.st_mode, target, *times)
    return found


def _check(case: Case, code: object, out: str, err: str) -> None:
    """The exit code, and that all lines are fit for a terminal."""
    assert code in case.codes, err
    lines = err.split("\n")[:-1] if err.endswith("\n") else err.split("\n")
    lines = [] if err == "" else lines
    for line in lines:
        assert harmful(line) == "", ascii(line)
    assert "Traceback" not in err
    if code:
        assert out == ""
        if case.lines is not None:
            assert len(lines) == case.lines, lines
            assert lines[0].startswith("scenewright: ")
            assert len(lines[0]) <= LONGEST_LINE
        assert case.contains in err
    elif out.startswith("{"):
        # JSON keeps the letters of a text, but has escapes for control characters.
        assert not any(unicodedata.category(letter) == "Cc" for letter in out if letter != "\n"), ascii(out)
    else:
        assert harmful(out.replace("\n", " ")) == "", ascii(out)


def harmful(text: str) -> str:
    """The characters of a text that control a terminal, break its lines, or turn them around."""
    return "".join(
        letter
        for letter in text
        if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(letter) in _TURNING
    )
