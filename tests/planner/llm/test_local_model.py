"""The planner with a real language model, the smallest that there is: SmolLM2-135M under llama.cpp.

Such a model finds phrases and little else, so it shows that any model's reply ends as a plan or as one line.
Run with `pytest -m llm -s`.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from planner import arrange
from planner.errors import PlanningError
from planner.llm import LLMPlanner
from planner.llm.serving import ServingPlanner
from planner.local.server import Served, local_model
from planner.local.weights import SMOLLM2, fetch
from planner.reader.planner import ReaderPlanner
from renderer.cli import main

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


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The model under llama.cpp; it is fetched where it isn't there yet."""
    with local_model(fetch(SMOLLM2)) as served:
        yield served


@pytest.mark.llm
@pytest.mark.parametrize("kept", [slice(3_000_000), slice(-3_000_000)])
def test_the_built_in_planner_plans_where_the_weights_are_damaged(kept: slice, tmp_path: Path) -> None:
    weights = tmp_path / "damaged.gguf"
    weights.write_bytes(fetch(SMOLLM2).read_bytes()[kept])
    draft = ServingPlanner(f"local:{weights}", cache=False, fallback=True)("a red fox")
    assert (draft.origin.planner, [region.name for region in draft.scene.regions]) == ("builtin", ["fox"])
    assert draft.notes[0].text.startswith(
        f"the language model gave no plan: {weights}: llama.cpp can't serve it: "
    )


@pytest.mark.llm
def test_the_command_plans_with_it_by_details(capsys: pytest.CaptureFixture[str]) -> None:
    fetch(SMOLLM2)
    assert main([PROMPTS[0], "--llm", "local", "--plan-only", "--no-cache"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [region["name"] for region in plan["scene"]["regions"]] == ["fox", "oak tree"]
    assert (plan["origin"]["planner"], plan["origin"]["usage"]["requests"]) == ("llm", 1)


@pytest.mark.llm
def test_details_keep_the_readers_plan_and_add_to_some_of_it(served: Served) -> None:
    planner = LLMPlanner(**asdict(served), profile="details")
    gained = 0
    for prompt in PROMPTS:
        draft, own = planner(prompt), ReaderPlanner()(prompt)
        assert [region.name for region in draft.scene.regions] == [
            region.name for region in own.scene.regions
        ]
        pairs = list(zip(draft.scene.regions, own.scene.regions, strict=True))
        assert all(region.prompt.startswith(read.prompt) for region, read in pairs)
        gained += sum(region.prompt != read.prompt for region, read in pairs)
        sys.stderr.write(f"{prompt} | {'; '.join(region.prompt for region in draft.scene.regions)}\n")
    assert gained >= 4


@pytest.mark.llm
@pytest.mark.parametrize("profile", ["full", "small", "auto"])
def test_what_it_plans_by_itself_can_be_arranged_or_is_one_line(served: Served, profile: Any) -> None:
    planner = LLMPlanner(**asdict(served), profile=profile, examples=2)
    for prompt in PROMPTS[:2]:
        try:
            draft = planner(prompt)
        except PlanningError as error:
            sys.stderr.write(f"{profile}: {prompt} | {error}\n")
            continue
        layout = arrange(draft.scene)
        lost = {note.name for note in layout.notes if note.kind == "lost"}
        cells = zip(layout.scene.regions, layout.cells, strict=True)
        assert all(region.name in lost for region, cell in cells if cell.is_empty)
        assert draft.origin.usage is not None
        assert draft.origin.usage.requests <= 5
        sys.stderr.write(f"{profile}: {prompt} | {'; '.join(r.prompt for r in draft.scene.regions)}\n")
