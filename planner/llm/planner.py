"""The planner that asks a language model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from pydantic import BaseModel, ValidationError

import prompts
from planner.chat.ask import Answer, Asker, Messages
from planner.chat.cache import users_replies
from planner.chat.endpoint import Endpoint
from planner.chat.failures import TooLongError
from planner.chat.usage import total
from planner.errors import PlanningError, UserError, WorldError
from planner.llm.checks import Fault, faults, nothing_placed
from planner.llm.details import PENALTY, DetailsReply, details_form, enriched, listed
from planner.llm.profiles import recall_profile, remember_profile
from planner.llm.reading import read
from planner.llm.reply import SceneReply
from planner.llm.rounds import Round, Understood, best, converse
from planner.llm.small import SmallReply, small_form
from planner.llm.wishes import wished
from planner.plans import Draft, Note, Origin, Planner, Usage
from prompts import Profile

MAX_TOKENS = 8192
"""No plan is longer; a model without a grammar may run on to the end of its context."""


def silent(line: str) -> None:
    """Tell nobody."""
    del line


@dataclass(frozen=True)
class LLMPlanner:
    """Plans with a model behind an OpenAI-compatible endpoint; the model's plan stands as it is.

    A reply is held to the schema in the strongest way that the endpoint takes, read leniently, and sent back
    at most `max_repairs` times with faults that can be shown (see `checks`); the reply with the fewest wins,
    and what is still wrong is noted and drawn as the model has it. Address and key default to OPENAI_BASE_URL
    and OPENAI_API_KEY; see `Endpoint` for `timeout` (seconds a try), `max_retries` and `known_as`.
    `temperature` and `seed` are left out where None or where the endpoint refuses them. `examples` is how
    many worked examples are shown; it is halved where the model's context is too small. Region prompts are
    written in `language`. `fallback` plans in its stead where it can't. With `cache`, readable replies are
    kept in the user's cache folder. `tell` gets a line while one waits.

    `profile` is what the model is asked for: "full"; "small", places in words and few fields; "details", no
    plan but how the things look that `reader` finds, by default the built-in planner; "auto", the full one
    unless the model's plan shows in two requests that it is beyond it, which is remembered: then it is
    details, or small where the reader finds nothing.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 300.0
    max_retries: int = 2
    max_repairs: int = 2
    temperature: float | None = 0.0
    seed: int | None = None
    examples: int = 4
    language: str = "English"
    reader: Planner | None = None
    fallback: Planner | None = None
    known_as: str | None = None
    cache: bool = False
    profile: Profile | Literal["auto"] = "full"
    tell: Callable[[str], None] = silent

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
        bill: list[Usage] = []
        profile = self.profile
        endpoint = Endpoint(
            self.model, self.base_url, self.api_key, self.timeout, self.max_retries, self.known_as
        )
        try:
            with endpoint.client() as client:
                replies = users_replies() if self.cache else None
                asker = Asker(client, endpoint, self._options(), bill.append, replies, self.tell)
                if profile == "auto":
                    draft = self._found_out(asker, prompt)
                else:
                    draft = self._as(asker, prompt, profile)
        except PlanningError as error:
            error.usage = total(bill)
            raise
        origin = draft.origin.model_copy(
            update={"model": self.model, "seed": self.seed, "usage": total(bill)}
        )
        return draft.model_copy(update={"origin": origin})

    def _found_out(self, asker: Asker, prompt: str) -> Draft:
        """By the profile that is known to suit the model; else the full one, if its own plan is sound.

        A plan with more faults than half of its regions after it was told once is beyond the model.
        """
        name = asker.endpoint.identity
        known = recall_profile(name)
        if known:
            return self._as(asker, prompt, known)
        rounds = self._rounds(asker, prompt, "full", 1)
        plan = best(rounds)
        able = plan is not None and _is_able(plan.understood)
        refused = all(turn.answer.kind == "refused" for turn in rounds)
        if plan is not None:
            # What can't be read may be the endpoint's hour; only a plan says what the model can do.
            remember_profile(name, "full" if able else "details")
        if able or refused:
            return _draft(rounds, asker)
        self.tell(f"asking {self.model} for details alone, since it gave no sound plan (see --llm-profile)")
        return self._as(asker, prompt, "details")

    def _as(self, asker: Asker, prompt: str, profile: Profile) -> Draft:
        """The plan by one profile."""
        if profile == "details":
            return self._detailed(asker, prompt)
        # A model that needs another profile than the full gets no better for being told what is wrong.
        repairs = self.max_repairs if profile == "full" else 1
        return _draft(self._rounds(asker, prompt, profile, repairs), asker)

    def _detailed(self, asker: Asker, prompt: str) -> Draft:
        """What the reader finds, with the model's words on how things look."""
        found = self._reader()(prompt)
        if not found.scene.regions:
            if self.profile == "details":
                return found.model_copy(update={"origin": Origin(planner="llm")})
            return self._as(asker, prompt, "small")
        form = details_form(tuple(region.name for region in found.scene.regions))
        asker = replace(asker, options={**asker.options, "frequency_penalty": PENALTY})
        understand = partial(_detail, found, form)
        rounds = self._converse(asker, listed(prompt, found.scene), "details", form, understand, 1)
        return _draft(rounds, asker)

    def _reader(self) -> Planner:
        if self.reader is not None:
            return self.reader
        from planner.reader.planner import ReaderPlanner

        return ReaderPlanner()

    def _rounds(
        self, asker: Asker, prompt: str, profile: Literal["full", "small"], repairs: int
    ) -> tuple[Round, ...]:
        form = SceneReply if profile == "full" else small_form(prompt)
        understand = partial(_understood, prompt, form)
        return self._converse(asker, prompt, profile, form, understand, repairs)

    def _converse(
        self,
        asker: Asker,
        question: str,
        profile: Profile,
        form: type[BaseModel],
        understand: "Callable[[Answer, Sequence[Round]], Understood | str]",
        repairs: int,
    ) -> tuple[Round, ...]:
        """The conversation, with ever fewer examples until the question fits into the model's context."""

        def ask(messages: Messages, plain: bool) -> Answer:
            return asker.ask(messages, form, plain)

        examples = self.examples
        while True:
            opening = opened(question, examples, profile, self.language)
            try:
                return converse(ask, understand, opening, repairs)
            except TooLongError:
                if examples == 0:
                    raise
                examples //= 2

    def _options(self) -> Mapping[str, float]:
        given = {"max_tokens": MAX_TOKENS, "temperature": self.temperature, "seed": self.seed}
        return {name: value for name, value in given.items() if value is not None}


def opened(question: str, examples: int, profile: Profile, language: str = "English") -> Messages:
    """The conversation's beginning: instructions, the first `examples` worked examples, the question."""
    messages: list[Mapping[str, str]] = [
        {"role": "system", "content": prompts.instructions(profile, language)}
    ]
    for example in prompts.examples(profile)[:examples]:
        messages.append({"role": "user", "content": example.prompt})
        messages.append({"role": "assistant", "content": example.reply})
    return (*messages, {"role": "user", "content": question})


def _understood(
    prompt: str, form: type[SceneReply] | type[SmallReply], answer: Answer, earlier: Sequence[Round]
) -> Understood | str:
    """The answer as a scene with what is wrong with it; that it is no plan, and why, where it is none."""
    if answer.data is None:
        return answer.fault
    try:
        reply = form.model_validate(answer.data)
    except ValidationError as error:
        return f"The reply has another form than was asked for: {error.errors()[0]['msg']}."
    full = reply if isinstance(reply, SceneReply) else reply.scene()
    scene, notes = read(full, prompt)
    scene = wished(scene)
    listed = answer.data.get("regions")
    if not scene.regions and listed != []:
        return "The reply has no region with a name and a prompt: fill regions, one entry for each thing."
    if form is not SceneReply:
        return Understood(scene, notes, ())
    told_before = any(turn.understood and not turn.understood.scene.regions for turn in earlier)
    empty = None if told_before else nothing_placed(scene)
    return Understood(scene, notes, (empty,) if empty else faults(full, scene, prompt))


def _detail(
    found: Draft, form: type[DetailsReply], answer: Answer, earlier: Sequence[Round]
) -> Understood | str:
    """What was found, with the answer's details; those that don't suit are not taken, so none is wrong."""
    del earlier
    if answer.data is None:
        return answer.fault
    return Understood(enriched(found.scene, form.model_validate(answer.data)), found.notes, ())


def _is_able(plan: Understood | None) -> bool:
    """Whether a model that plans so can plan at all: one fault is none, nor are those of half the regions."""
    return plan is not None and len(plan.faults) <= max(1, len(plan.scene.regions) // 2)


def _draft(rounds: Sequence[Round], asker: Asker) -> Draft:
    """The best plan of a conversation; raises `PlanningError` where no reply was one."""
    plan = best(rounds)
    if plan is None or plan.understood is None:
        raise _no_plan(rounds, asker.endpoint)
    told = tuple(dict.fromkeys(text for turn in rounds[:-1] for text in turn.told))
    notes = (*plan.understood.notes, *map(_noted, plan.understood.faults))
    origin = Origin(planner="llm", mode=plan.answer.mode, repairs=told)
    return Draft(scene=plan.understood.scene, notes=notes, origin=origin)


def _noted(fault: Fault) -> Note:
    return Note(kind="warning", name=fault.name, text=f"the model's plan stands, though {fault.text}")


def _no_plan(rounds: Sequence[Round], endpoint: Endpoint) -> PlanningError:
    """Why no reply could be read, with the beginning of the last."""
    last = rounds[-1].answer
    wrote = f"; it wrote: {endpoint.redact(last.text)}" if last.text.strip() else ""
    reasons = {
        "refused": "declines to plan this prompt",
        "empty": "gives empty replies",
        "cut off": "is cut off before its plan ends: it needs a larger limit of output or context",
    }
    reason = reasons.get(last.kind, f"wrote no plan ({rounds[-1].fault.rstrip('.')})")
    asked = sum(turn.answer.usage.requests for turn in rounds)
    return PlanningError(f"{endpoint.model} {reason}, asked {asked} times{wrote}")


def fallen_back(draft: Draft, error: WorldError) -> Draft:
    """The draft of another planner, with a note that says why the language model's is missing."""
    reason = Note(kind="warning", name="llm", text=f"the language model gave no plan: {error}")
    usage = error.usage if isinstance(error, PlanningError) else None
    origin = draft.origin.model_copy(update={"usage": usage})
    return draft.model_copy(update={"notes": (reason, *draft.notes), "origin": origin})
