"""The first stage: a prompt to a draft of its scene."""

from planner.errors import UserError
from planner.plans import Draft, Planner
from planner.scene import MAX_PROMPT


def plan(prompt: str, planner: Planner | None = None) -> Draft:
    """What `planner` makes of the prompt; the built-in one where none is given.

    Raises `UserError` for a prompt that is empty, has more than `MAX_PROMPT` characters, or holds bytes that
    are no text, and whatever the planner raises.
    """
    words = prompt.strip()
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise UserError("the prompt has bytes that are no UTF-8 text: give it in UTF-8") from error
    if not words:
        raise UserError("the prompt is empty: describe a picture in a sentence or more")
    if len(words) > MAX_PROMPT:
        raise UserError(f"the prompt has {len(words):,} characters: at most {MAX_PROMPT:,} are planned")
    if planner is None:
        from planner.reader.planner import ReaderPlanner

        planner = ReaderPlanner()
    return planner(words)
