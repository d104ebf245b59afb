"""The command as a process: Ctrl-C at every stage, a reader that leaves early, and what is imported."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

START = (
    "import signal, sys\n"
    # A test run in the background of a shell inherits that Ctrl-C is ignored.
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from renderer.__main__ import main\n"
)
PAUSE = "import time; print('here', file=sys.stderr, flush=True); [time.sleep(0.1) for _ in range(600)]"
"""A minute in short sleeps: a signal that comes just before a sleep begins is heard when that ends."""
PROMPT = "A yellow star to the left of a blue ring"


def python(code: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(  # noqa: S603 (our own code)
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def interrupt_at(place: str, folder: Path) -> tuple[int, str, str]:
    """Press Ctrl-C where `place`, a module's function as `module:name`, is called; code, stdout, stderr."""
    module, _, name = place.partition(":")
    stop = f"def stop(*_, **__):\n    {PAUSE}\n"
    patch = f"import {module} as there\n{stop}there.{name} = stop\n" if name else ""
    process = python(f"{START}{patch}sys.exit(main())", folder, PROMPT, "--size=64x64", "--steps=2")
    assert process.stderr is not None
    while process.stderr.readline() != "here\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    "place",
    [
        "renderer.cli:_dispatch",
        "renderer.job:check_seed",
        "planner.reader.planner:ReaderPlanner.__call__",
        "renderer.models:load_model",
        "renderer.pipeline:_report_steps",
    ],
)
def test_ctrl_c_is_one_line_and_leaves_nothing(tmp_path: Path, place: str) -> None:
    code, out, err = interrupt_at(place, tmp_path)
    assert (code, out, err) == (130, "", "scenewright: interrupted\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--help"], ["a red star, 日本 🌟", "--plan-only", "-q"]])
def test_where_stdout_has_few_letters_files_are_utf_8(tmp_path: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "renderer", *arguments]
    surroundings = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, capture_output=True, env=surroundings, cwd=tmp_path, check=False)  # noqa: S603 (our own code)
    assert (done.returncode, done.stderr) == (0, b"")
    assert ("β" if arguments == ["--help"] else "日本 🌟") in done.stdout.decode()


def test_ctrl_c_that_a_library_turns_into_its_own_error_is_one_line(tmp_path: Path) -> None:
    stop = (
        "import renderer.cli as there\n"
        "def stop(*_):\n"
        f"    try:\n        {PAUSE}\n"
        "    except KeyboardInterrupt:\n        raise ValueError('a model can not be built') from None\n"
        "there._dispatch = stop\n"
    )
    process = python(f"{START}{stop}sys.exit(main())", tmp_path, PROMPT)
    assert process.stderr is not None
    while process.stderr.readline() != "here\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "scenewright: interrupted\n")


def test_ctrl_c_while_the_command_line_is_imported(tmp_path: Path) -> None:
    blocked = (
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == 'renderer.cli':\n            {PAUSE}\n"
        "sys.meta_path.insert(0, Slow())\n"
    )
    process = python(f"{START}{blocked}sys.exit(main())", tmp_path, PROMPT)
    assert process.stderr is not None
    assert process.stderr.readline() == "here\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "scenewright: interrupted\n")


@pytest.mark.parametrize("arguments", [(PROMPT, "--plan-only"), ("--help",), ("--version",)])
def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "renderer", *arguments]
    done = subprocess.run(  # noqa: S603 (our own code)
        command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_stdout_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "renderer", PROMPT, "--plan-only", "-q"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(  # noqa: S603 (our own code)
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "scenewright: [Errno 28] No space left on device\n")


def modules_after(*arguments: str) -> set[str]:
    """The modules that the command has loaded when it ends."""
    code = (
        "import sys\nfrom renderer.cli import main\n"
        f"main({list(arguments)!r})\nprint('\\nmodules', *sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    return set(done.stdout.rpartition("modules ")[2].split())


def test_help_imports_nothing_heavy() -> None:
    heavy = {"torch", "diffusers", "shapely", "numpy", "PIL", "onnxruntime", "openai"}
    assert heavy.isdisjoint(modules_after("--help"))


def test_planning_imports_no_torch() -> None:
    loaded = modules_after(PROMPT, "--plan-only", "-q")
    assert "onnxruntime" in loaded
    assert {"torch", "diffusers", "transformers"}.isdisjoint(loaded)


def drawn_by_one_process(*prompts: str) -> list[str]:
    """What tells the pixels of each prompt's picture, drawn in this order in a process of its own."""
    code = (
        "import hashlib, sys\nfrom renderer import Settings, Size, generate\n"
        "for prompt in sys.argv[1:]:\n"
        "    image = generate(prompt, size=Size(width=128, height=64), settings=Settings(steps=2)).image\n"
        "    print(hashlib.sha256(image.tobytes()).hexdigest())\n"
    )
    command = [sys.executable, "-c", code, *prompts]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    return done.stdout.split()


def test_layouts_drawn_after_one_another_are_those_of_a_fresh_process() -> None:
    prompts = PROMPT, "A red heart above two white moons and a green circle"
    first, second = (drawn_by_one_process(prompt) for prompt in prompts)
    assert drawn_by_one_process(*prompts, PROMPT) == [*first, *second, *first]


def test_the_module_runs_like_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "renderer", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.startswith("scenewright ")
