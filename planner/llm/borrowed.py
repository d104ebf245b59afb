"""What a model copies from the worked examples in place of reading the user's prompt."""

from functools import cache

import prompts
from planner.llm.reply import ReplyRegion, SceneReply
from planner.words import mentions, share


def borrowed_region(region: ReplyRegion, prompt: str) -> bool:
    """Whether a region is an example's, word for word, and nothing that the user named."""
    theirs = {shown.prompt for reply in _replies_to_others(prompt) for shown in reply.regions}
    return region.prompt in theirs and not mentions(prompt, region.name)


def borrowed_background(background: str, prompt: str) -> bool:
    """Whether a background is an example's, word for word, and has nothing of the user's prompt."""
    theirs = {reply.background for reply in _replies_to_others(prompt)}
    return bool(background) and background in theirs and not share(background, prompt)


@cache
def example_replies() -> dict[str, SceneReply]:
    """The worked examples' replies by their prompts."""
    return {shown.prompt: SceneReply.model_validate_json(shown.reply) for shown in prompts.examples()}


def _replies_to_others(prompt: str) -> list[SceneReply]:
    return [reply for shown, reply in example_replies().items() if shown != prompt]
