"""The planner with a real language model, the smallest that there is: SmolLM2-135M under llama.cpp.

Such a model finds phrases and little else, so it shows that any model's reply becomes a plan. Run with
`pytest -m llm -s`.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from planner import arrange
from planner.builtin import BuiltinPlanner
from planner.errors import PlanningError
from planner.llm import LLMPlanner
from planner.llm.borrowed import example_replies
from planner.llm.named import NamedPlanner
from planner.local.server import Served, local_model
from planner.local.weights import SMOLLM2, fetch
from planner.plans import Draft
from planner.words import key, share

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


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The model under llama.cpp; it is fetched where it isn't there yet."""
    with local_model(fetch(SMOLLM2)) as served:
        yield served


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
@pytest.mark.parametrize("kept", [slice(3_000_000), slice(-3_000_000)])
def test_the_built_in_planner_plans_where_the_weights_are_damaged(kept: slice, tmp_path: Path) -> None:
    weights = tmp_path / "damaged.gguf"
    weights.write_bytes(fetch(SMOLLM2).read_bytes()[kept])
    draft = NamedPlanner(f"local:{weights}", cache=False, fallback=True)("a red fox")
    assert (draft.origin.planner, [region.name for region in draft.scene.regions]) == ("builtin", ["fox"])
    assert draft.notes[0].text.startswith(
        f"the language model gave no plan: {weights}: llama.cpp can't serve it: "
    )


@pytest.mark.llm
def test_a_tiny_model_plans_nine_of_ten_prompts_and_eight_in_its_own_words(served: Served) -> None:
    # A model so small gets no better for being told what is wrong: it is asked once, and code repairs.
    planner = LLMPlanner(**asdict(served), max_repairs=0, examples=3, reference=BuiltinPlanner())
    planned: list[Planned] = []
    for prompt in PROMPTS:
        planned.append(plan(planner, prompt))
        _show(planned[-1])
    assert sum(not one.fault for one in planned) >= 9
    assert sum(one.own_phrases for one in planned) >= 8
