"""The first stage: a prompt to a draft of its scene."""

from planner.errors import UserError
from planner.plans import Draft, Planner

MAX_PROMPT = 20_000
"""Characters that a prompt may have: some 3,000 words, several times the longest prompts of benchmarks."""


def plan(prompt: str, planner: Planner | None = None) -> Draft:
    """What `planner` makes of the prompt; the built-in one where none is given.

    Raises `UserError` for a prompt that is empty or longer than `MAX_PROMPT` characters, and whatever the
    planner raises.
    """
    words = prompt.strip()
    if not words:
        raise UserError("the prompt is empty: describe a picture in a sentence or more")
    if len(words) > MAX_PROMPT:
        raise UserError(f"the prompt has {len(words):,} characters: at most {MAX_PROMPT:,} are planned")
    if planner is None:
        from planner.builtin import BuiltinPlanner

        planner = BuiltinPlanner()
    return planner(words)
