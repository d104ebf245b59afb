"""The planner that asks a language model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import prompts
from planner.errors import PlanningError, UserError, WorldError
from planner.llm.ask import Asker, Turn
from planner.llm.bounds import most_regions, reply_model
from planner.llm.checks import faults
from planner.llm.climb import Climbed, NoPlanError, Question, climb
from planner.llm.details import PENALTY, details_model, enriched, listed
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
from planner.scene import Scene
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
    the model is asked for: the small one is without boxes and relations, and without repairs; "details" asks
    for no plan but for details of what `reference` reads, by default the built-in planner; "auto" is the full
    one unless the model's first plan shows that it is beyond it, which is remembered: then it is details, or
    small where there is no reference.
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
            return fallen_back(self.fallback(prompt), error)

    def _plan(self, prompt: str) -> Draft:
        read = self._read(prompt)
        if self.profile == "details" and read and not read.scene.regions:
            return _own(read, Origin(planner="llm", model=self.model, seed=self.seed))
        bill: list[Usage] = []
        try:
            climbed = self._ask(prompt, read, bill.append)
        except PlanningError as error:
            error.usage = total(bill)
            raise
        origin = Origin(
            planner="llm",
            model=self.model,
            mode=climbed.mode,
            repairs=climbed.told,
            seed=self.seed,
            usage=total(bill),
        )
        if climbed.profile == "details" and read:
            return _own(read, origin, enriched(read.scene, climbed.reply))
        return _mended(climbed.reply, prompt, read, origin)

    def _read(self, prompt: str) -> Draft | None:
        """What another planner reads in the prompt; the built-in one where details can't do without."""
        if self.reference is None and self.profile == "details":
            from planner.builtin import BuiltinPlanner

            return BuiltinPlanner()(prompt)
        return self.reference(prompt) if self.reference else None

    def _ask(self, prompt: str, read: Draft | None, bill: Callable[[Usage], None]) -> Climbed:
        endpoint = self._endpoint()
        with endpoint.client() as client:
            asker = Asker(client, endpoint, {}, bill, self._replies())
            if self.profile == "auto":
                return self._found_out(asker, prompt, read)
            return self._climb(asker, prompt, read, self.profile)

    def _found_out(self, asker: Asker, prompt: str, read: Draft | None) -> Climbed:
        """By the profile that is known to suit the model; else the full one, if its first plan is sound."""
        memory, name = Memory(profiles_file()), asker.endpoint.identity
        known = memory.recall(name)
        least: Profile = "details" if read and read.scene.regions else "small"
        if known in get_args(Profile):
            return self._climb(asker, prompt, read, "full" if known == "full" else least)
        try:
            climbed = self._climb(asker, prompt, read, "full", finding_out=True)
        except (_BeyondError, NoPlanError):
            climbed = self._climb(asker, prompt, read, least)
        memory.remember(name, climbed.profile)
        return climbed

    def _climb(
        self, asker: Asker, prompt: str, read: Draft | None, profile: Profile, finding_out: bool = False
    ) -> Climbed:
        # A model that needs another profile than the full gets no better for being told what is wrong.
        repairs = self.max_repairs if profile == "full" else 0
        asker = replace(asker, options=self._options(profile))
        ask = partial(_question, prompt, read, profile)
        check = _check(prompt, read, profile, finding_out)
        return _climb_within_context(asker, ask, check, self.examples, repairs)

    def _endpoint(self) -> Endpoint:
        return Endpoint(
            self.model, self.base_url, self.api_key, self.timeout, self.max_retries, self.known_as
        )

    def _replies(self) -> "Replies | None":
        if not self.cache:
            return None
        from planner.llm.replies import users_replies

        return users_replies()

    def _options(self, profile: Profile) -> Mapping[str, float]:
        penalty = PENALTY if profile == "details" else None
        given = {
            "max_tokens": MAX_TOKENS,
            "temperature": self.temperature,
            "seed": self.seed,
            "frequency_penalty": penalty,
        }
        return {name: value for name, value in given.items() if value is not None}


def opening(prompt: str, examples: int, profile: Profile = "full") -> tuple[Turn, ...]:
    """The conversation's beginning: instructions, the last `examples` worked examples, the user's prompt."""
    shown = prompts.examples(profile)
    turns = [Turn("system", prompts.instructions(profile))]
    for example in shown[max(0, len(shown) - examples) :]:
        turns += [Turn("user", example.prompt), Turn("assistant", example.reply)]
    return (*turns, Turn("user", prompt))


def _question(prompt: str, read: Draft | None, profile: Profile, examples: int) -> Question:
    if profile == "details" and read:
        form = details_model(tuple(region.name for region in read.scene.regions))
        return Question(profile, form, opening(listed(prompt, read.scene), examples, profile))
    plan = "full" if profile == "full" else "small"
    return Question(plan, reply_model(most_regions(prompt), plan), opening(prompt, examples, plan))


def _climb_within_context(
    asker: Asker, ask: Callable[[int], Question], check: Check, examples: int, max_repairs: int
) -> Climbed:
    """Ask with ever fewer examples until the question fits into the model's context."""
    try:
        return climb(asker, ask(examples), check, max_repairs)
    except TooLongError:
        if examples == 0:
            raise
        return _climb_within_context(asker, ask, check, examples // 2, max_repairs)


class _BeyondError(Exception):
    """The full profile is beyond the model; the small one is tried."""


def _check(prompt: str, read: Draft | None, profile: Profile, finding_out: bool) -> Check:
    """What is wrong with a reply; of details nothing is, since those that don't suit are not taken."""

    def check(reply: SceneReply) -> tuple[str, ...]:
        if finding_out and beyond(reply):
            raise _BeyondError
        return () if profile == "details" else _wrong(reply, prompt, read)

    return check


def _wrong(reply: SceneReply, prompt: str, read: Draft | None) -> tuple[str, ...]:
    if read is None:
        return faults(reply, prompt)
    scene = mend(reply, prompt, read.scene).scene
    missing = told_in_words(untold(scene, _asks(read)))
    return (*faults(reply, prompt), *differences(reply, read.scene), *missing)


def _own(read: Draft, origin: Origin, scene: Scene | None = None) -> Draft:
    """What was read, with the model's details where there are some."""
    return read.model_copy(update={"scene": scene or read.scene, "origin": origin})


def _mended(reply: SceneReply, prompt: str, read: Draft | None, origin: Origin) -> Draft:
    mended = mend(reply, prompt, read.scene if read else None)
    scene, put = put_in(mended.scene, _asks(read))
    notes = (*mended.notes, *put)
    return Draft(scene=scene, asks=read.asks if read else None, notes=notes, origin=origin)


def _asks(read: Draft | None) -> tuple[Ask, ...]:
    return (read.asks or ()) if read else ()


def fallen_back(draft: Draft, error: WorldError) -> Draft:
    """The draft of another planner, with a note that says why the language model's is missing."""
    reason = Note(kind="warning", name="llm", text=f"the language model gave no plan: {error}")
    usage = error.usage if isinstance(error, PlanningError) else None
    origin = draft.origin.model_copy(update={"usage": usage})
    return draft.model_copy(update={"notes": (reason, *draft.notes), "origin": origin})
