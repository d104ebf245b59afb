"""The planner that asks a language model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import prompts
from planner.errors import PlanningError, UserError
from planner.llm.ask import Asker, Turn
from planner.llm.checks import faults
from planner.llm.climb import Climbed, NoPlanError, Question, climb
from planner.llm.endpoint import Endpoint
from planner.llm.failures import TooLongError
from planner.llm.mend import mend
from planner.llm.modes import Memory, profiles_file
from planner.llm.reference import differences
from planner.llm.reply import SceneReply
from planner.llm.rounds import Check
from planner.llm.small import beyond
from planner.llm.untold import put_in, told_in_words, untold
from planner.llm.usage import total
from planner.plans import Ask, Draft, Note, Origin, Planner, Usage
from prompts import Profile

if TYPE_CHECKING:
    from planner.llm.replies import Replies

MAX_TOKENS = 8192
"""No plan is longer; a model without a grammar may run on to the end of its context."""


@dataclass(frozen=True)
class LLMPlanner:
    """Plans with a model behind an OpenAI-compatible endpoint.

    A reply is held to the schema in the strongest way that the endpoint takes (found out once and
    remembered), checked, sent back with its faults in words at most `max_repairs` times, and what is still
    wrong then is repaired and noted. Address and key default to OPENAI_BASE_URL and OPENAI_API_KEY; see
    `Endpoint` for `timeout` (seconds a try), `max_retries` and `known_as`. `temperature` and `seed` are left
    out where None or where the endpoint refuses them. `examples` is how many worked examples are shown; it
    is halved where the model's context is too small. `reference` reads the same prompt, and what it finds
    that a reply misses is put right. `fallback` plans in its stead where it can't. With `cache`, readable
    replies are kept in the user's cache folder, and the same question is not asked twice. `profile` is what
    the model is asked for: the small one is without boxes and relations, and without repairs; "auto" is the
    full one unless the model's first plan shows that it is beyond it, which is remembered.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 120.0
    max_retries: int = 2
    max_repairs: int = 2
    temperature: float | None = 0.0
    seed: int | None = None
    examples: int = 5
    reference: Planner | None = None
    fallback: Planner | None = None
    known_as: str | None = None
    cache: bool = False
    profile: Profile | Literal["auto"] = "full"

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`.

        Raises `UserError` for an empty prompt, a missing or refused key, an unknown model or a malformed
        address, and `PlanningError` where the endpoint fails or no reply can be read.
        """
        if not prompt.strip():
            raise UserError("the prompt is empty: describe a picture")
        try:
            return self._plan(prompt)
        except PlanningError as error:
            if self.fallback is None:
                raise
            return _fallen_back(self.fallback(prompt), error)

    def _plan(self, prompt: str) -> Draft:
        read = self.reference(prompt) if self.reference else None
        bill: list[Usage] = []
        try:
            climbed = self._ask(prompt, read, bill.append)
        except PlanningError as error:
            error.usage = total(bill)
            raise
        mended = mend(climbed.reply, prompt, read.scene if read else None)
        scene, put = put_in(mended.scene, _asks(read))
        origin = Origin(
            planner="llm",
            model=self.model,
            mode=climbed.mode,
            repairs=climbed.told,
            seed=self.seed,
            usage=total(bill),
        )
        notes = (*mended.notes, *put)
        return Draft(scene=scene, asks=read.asks if read else None, notes=notes, origin=origin)

    def _ask(self, prompt: str, read: Draft | None, bill: Callable[[Usage], None]) -> Climbed:
        endpoint = self._endpoint()
        check = partial(_wrong, prompt=prompt, read=read)
        with endpoint.client() as client:
            asker = Asker(client, endpoint, self._options(), bill, self._replies())
            if self.profile == "auto":
                return self._found_out(asker, prompt, check)
            return self._climb(asker, prompt, check, self.profile)

    def _found_out(self, asker: Asker, prompt: str, check: Check) -> Climbed:
        """By the profile that is known to suit the model; else the full one, if its first plan is sound."""
        memory, name = Memory(profiles_file()), asker.endpoint.identity
        known = memory.recall(name)
        if known in get_args(Profile):
            return self._climb(asker, prompt, check, "small" if known == "small" else "full")
        try:
            climbed = self._climb(asker, prompt, partial(_beyond_or_wrong, check=check), "full")
            profile = "full"
        except (_BeyondError, NoPlanError):
            climbed = self._climb(asker, prompt, check, "small")
            profile = "small"
        memory.remember(name, profile)
        return climbed

    def _climb(self, asker: Asker, prompt: str, check: Check, profile: Profile) -> Climbed:
        # A model that needs the small profile gets no better for being told what is wrong.
        repairs = self.max_repairs if profile == "full" else 0
        return _climb_within_context(asker, prompt, check, self.examples, repairs, profile)

    def _endpoint(self) -> Endpoint:
        return Endpoint(
            self.model, self.base_url, self.api_key, self.timeout, self.max_retries, self.known_as
        )

    def _replies(self) -> "Replies | None":
        if not self.cache:
            return None
        from planner.llm.replies import users_replies

        return users_replies()

    def _options(self) -> Mapping[str, float]:
        given = {"max_tokens": MAX_TOKENS, "temperature": self.temperature, "seed": self.seed}
        return {name: value for name, value in given.items() if value is not None}


def opening(prompt: str, examples: int, profile: Profile = "full") -> tuple[Turn, ...]:
    """The conversation's beginning: instructions, the last `examples` worked examples, the user's prompt."""
    shown = prompts.examples(profile)
    turns = [Turn("system", prompts.instructions(profile))]
    for example in shown[max(0, len(shown) - examples) :]:
        turns += [Turn("user", example.prompt), Turn("assistant", example.reply)]
    return (*turns, Turn("user", prompt))


def _climb_within_context(
    asker: Asker, prompt: str, check: Check, examples: int, max_repairs: int, profile: Profile
) -> Climbed:
    """Ask with ever fewer examples until the question fits into the model's context."""
    question = Question(prompt, profile, opening(prompt, examples, profile))
    try:
        return climb(asker, question, check, max_repairs)
    except TooLongError:
        if examples == 0:
            raise
        return _climb_within_context(asker, prompt, check, examples // 2, max_repairs, profile)


class _BeyondError(Exception):
    """The full profile is beyond the model; the small one is tried."""


def _beyond_or_wrong(reply: SceneReply, check: Check) -> tuple[str, ...]:
    if beyond(reply):
        raise _BeyondError
    return check(reply)


def _wrong(reply: SceneReply, prompt: str, read: Draft | None) -> tuple[str, ...]:
    if read is None:
        return faults(reply, prompt)
    scene = mend(reply, prompt, read.scene).scene
    missing = told_in_words(untold(scene, _asks(read)))
    return (*faults(reply, prompt), *differences(reply, read.scene), *missing)


def _asks(read: Draft | None) -> tuple[Ask, ...]:
    return (read.asks or ()) if read else ()


def _fallen_back(draft: Draft, error: PlanningError) -> Draft:
    reason = Note(kind="warning", name="llm", text=f"the language model gave no plan: {error}")
    origin = draft.origin.model_copy(update={"usage": error.usage})
    return draft.model_copy(update={"notes": (reason, *draft.notes), "origin": origin})
