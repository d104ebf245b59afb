"""Options and environment variables with values that are none, and files that are not what they should be."""

import os
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from tests.hostile.campaign import DRAWING, EITHER, Case, all_of, file_of, json_plan
from tests.hostile.inputs import CONTROLS, mask_png, plan

pytestmark = pytest.mark.hostile

PROMPT = ("a red star", "--plan-only", "-q")
SECOND = "x\nscenewright: a second line"

VALUES: dict[str, tuple[str, ...]] = {
    "--size": (
        *("", "x", "64", "64x", "x64", "0x0", "-64x64", "63x64", "8208x64", "64x64x64", "1e3x1e3", "64×64"),
        *("٦٤x٦٤", "nanxnan", "9" * 5000 + "x64", CONTROLS, SECOND, "\udce9x64", "16384x16384"),
    ),
    "--seed": (
        *("", ",", "-1", "1.5", "0x10", "1e3", "true", "nan", "²", "٣", "9" * 25, "9" * 4301, "9" * 100_000),
        *("0,0", "0,,1", CONTROLS, SECOND, "\udce9", "1" + ",1" * 10_000, "18446744073709551616"),
    ),
    "--steps": ("", "0", "-1", "1.5", "many", "9" * 5000, CONTROLS, "\udce9"),
    "--base-ratio": ("", "-1", "2", "nan", "inf", "x", "1e999", CONTROLS),
    "--inject-steps": ("", "-1", "101%", "nan%", "x", "9" * 5000, "9" * 5000 + "%", CONTROLS),
    "--guidance-scale": ("nan", "inf", "-1e308", "x", CONTROLS),
    "--strength": ("0", "2", "nan", CONTROLS),
    "--mode": ("", "x", CONTROLS, SECOND),
    "--settings": ("", "x", CONTROLS),
    "--llm-profile": ("x", CONTROLS),
    "--paint": ("", "=", "red", "red=", "=star", "red=star", CONTROLS, SECOND, "\udce9=star"),
    "--negative": ("a@", "a@missing", f"a@{CONTROLS}", f"a@{SECOND}", "@"),
    "--font": (
        *("missing.ttf", "fifo", "folder", "notes.txt", "picture.png", "/dev/zero", "a\0b", SECOND, CONTROLS),
        "\udce9.ttf",
    ),
    "--plan": ("missing.json", "folder", CONTROLS, SECOND, "\udce9.json", "a" * 5000),
    "--masks": ("notes.txt", "notes.txt/below", "a\0b", "/proc/masks", "/dev/null", f"notes.txt/{CONTROLS}"),
    "--unknown": ("x", CONTROLS),
}
"""Values that are refused."""

PAINTED: tuple[str, ...] = (
    "missing.png",
    "fifo",
    "folder",
    "notes.txt",
    "/dev/zero",
    "a\0b",
    SECOND,
    CONTROLS,
)
PAINTS: tuple[str, ...] = (
    *("nocolour=star", "#12=star", "rgb(1e999,0,0)=star", "red=missing", f"red={CONTROLS}", f"{SECOND}=star"),
    *(
        "hsl(" + "9" * 5000 + ",0%,0%)=star",
        "#" + "f" * 100_000 + "=star",
        "rgb(" + "1" * 5000 + ",1,1)=star",
    ),
)

DRAWN: dict[str, tuple[str, ...]] = {
    "--model": (
        *("missing", "folder", "notes.txt", "../outside", "{outside}", "~", "a\0b", CONTROLS, SECOND),
        *("https://example.com/a", "a/b/c", "/etc", "\udce9", "fifo", "a" * 5000),
    ),
    "--lora": ("", ":1", "@star", "a/b@", "a:b:c@", "x:1@"),
    "--controlnet": ("a/b",),
    "--control": ("picture.png",),
    "--inpaint-mask": ("picture.png",),
}
"""Values of options for drawing that are refused before it begins."""

ANY: dict[str, tuple[str, ...]] = {
    "--lora": (
        "missing.safetensors",
        CONTROLS,
        SECOND,
        "a/b:nan",
        "a/b:1e999",
        "fifo",
        "a\0b",
        "\udce9",
        "a/b:-5@star",
    ),
    "--model": ("",),
    "--init-image": ("", "missing.png", "fifo", "/dev/zero", "a\0b", CONTROLS, "\udce9"),
    "--llm-price": ("x", "nan,nan", CONTROLS),
    "--prompt-language": ("", CONTROLS, "x" * 1000),
}
"""Values that are refused, or come as far as drawing, which checks them again."""

LLM = ("a red star", "--plan-only", "-q", "--llm")
ENVIRONMENT: dict[str, dict[str, str]] = {
    "base_url_controls": {"OPENAI_BASE_URL": "http://a\x1b[31m/v1", "OPENAI_API_KEY": "k"},
    "base_url_newline": {"OPENAI_BASE_URL": "http://127.0.0.1:9/\nscenewright: two", "OPENAI_API_KEY": "k"},
    "base_url_no_url": {"OPENAI_BASE_URL": "nonsense", "OPENAI_API_KEY": "k"},
    "base_url_file": {"OPENAI_BASE_URL": "file:///etc/passwd", "OPENAI_API_KEY": "k"},
    "base_url_ftp": {"OPENAI_BASE_URL": "ftp://127.0.0.1/", "OPENAI_API_KEY": "k"},
    "base_url_port": {"OPENAI_BASE_URL": "http://127.0.0.1:99999999/v1", "OPENAI_API_KEY": "k"},
    "base_url_brackets": {"OPENAI_BASE_URL": "http://[::1/v1", "OPENAI_API_KEY": "k"},
    "base_url_surrogate": {"OPENAI_BASE_URL": "http://\udce9/v1", "OPENAI_API_KEY": "k"},
    "base_url_long": {"OPENAI_BASE_URL": "http://" + "a" * 50_000, "OPENAI_API_KEY": "k"},
    "base_url_space": {"OPENAI_BASE_URL": "http://a b/v1", "OPENAI_API_KEY": "k"},
    "key_newline": {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "k\nHost: evil"},
    "key_controls": {
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_API_KEY": CONTROLS.replace("\0", ""),
    },
    "key_letters": {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "schlüssel"},
    "key_surrogate": {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "k\udce9"},
}
"""Endpoints that can't be asked: of exit code 1 or 2."""


def world(folder: Path) -> None:
    """A pipe, a folder, a text and a picture."""
    os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    (folder / "notes.txt").write_text("a text\n", "utf-8")
    (folder / "picture.png").write_bytes(mask_png())


def cases() -> Iterator[Case]:
    """All of them."""
    devices = ("/dev/zero",)
    for name, values in VALUES.items():
        for number, value in enumerate(values):
            words = (name, value, "--plan-only", "-q") if name == "--plan" else (*PROMPT, name, value)
            yield Case(f"{name}-{number}", words, world, readable=devices, writable=("/proc",))
    for number, value in enumerate(PAINTED):
        words = (*PROMPT, "--painted", value, "--paint", "red=star")
        yield Case(f"--painted-{number}", words, world, readable=devices)
    for number, value in enumerate(PAINTS):
        words = ("--plan", "plan.json", "--plan-only", "-q", "--painted", "picture.png", "--paint", value)
        yield Case(f"--paint-{number}-painted", words, all_of(world, json_plan(plan())))
    for name, values in DRAWN.items():
        for number, value in enumerate(values):
            # The card of a model is read for a prompt's plan as well.
            words = (*PROMPT, name, value) if name == "--model" else ("a red star", "-q", name, value)
            yield Case(f"{name}-{number}-drawn", words, world, readable=("{outside}", "/etc"))
    for name, values in ANY.items():
        for number, value in enumerate(values):
            words = ("a red star", "-q", name, value)
            yield Case(f"{name}-{number}-any", words, world, (1, 2), contains="", readable=devices)
    for name, variables in ENVIRONMENT.items():
        yield Case(f"env-{name}", (*LLM, "m"), codes=(1, 2), environment=variables)
    for number, model in enumerate(
        (
            "",
            "local:",
            "local:missing.gguf",
            "local:notes.txt",
            "local:fifo",
            "local:folder",
            f"local:{SECOND}",
            f"local:{CONTROLS}",
        )
    ):
        yield Case(f"env-llm-{number}", (*LLM, model), world, (0, 1, 2), environment={"OPENAI_API_KEY": ""})
    cache = file_of("cache", b"no folder")
    for place in ("{folder}/cache", "/dev/null/x", "/proc/x", "relative", "\udce9"):
        words, variables = PROMPT, {"SCENEWRIGHT_CACHE": place}
        yield Case(f"env-cache-{place[-6:]!a}", words, cache, EITHER, environment=variables)
    yield Case("nothing", (), codes=(0,), lines=None)
    yield Case("two-prompts", ("a star", "a ring", "--plan-only"))
    yield Case("prompt-and-plan", ("a star", "--plan", "plan.json"), json_plan(plan()))
    yield Case("long-option", ("--" + "a" * 100_000,))
    yield Case("option-with-controls", (f"--{CONTROLS}",))
    yield Case("models-fetch", ("models", "fetch", CONTROLS))
    yield Case("models-fetch-path", ("models", "fetch", "../../x"))
    yield Case("command-with-controls", ("eval", CONTROLS))
    yield Case("draws", ("a red star", "-q"), codes=(1,), contains=DRAWING)


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_an_option(case: Case, campaign: Callable[[Case], None]) -> None:
    campaign(case)
