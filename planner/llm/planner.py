"""The planner that asks a language model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast, get_args

from pydantic import BaseModel, ValidationError

import prompts
from planner.caches import recall, remember
from planner.chat.ask import Answer, Asker, Messages, ignore_progress
from planner.chat.cache import users_replies
from planner.chat.endpoint import Endpoint
from planner.chat.failures import TooLongError
from planner.chat.usage import total
from planner.errors import PlanningError, UserError, WorldError
from planner.llm.checks import find_emptiness, find_faults
from planner.llm.conversation import Check, CheckedPlan, Round, best, converse
from planner.llm.details_profile import PENALTY, add_details, details_form, details_question
from planner.llm.reading import read
from planner.llm.reply import SceneReply, small_form
from planner.llm.suggested_boxes import suggest_boxes
from planner.plans import Draft, Note, Origin, Planner, Usage
from prompts import Profile

MAX_TOKENS = 8192
"""No plan is longer; a model without a grammar may run on to the end of its context."""

_PROFILES_FILE = "profiles-by-plans.json"
"""Which profile suits a model. Older versions used another file, and checks that failed sound plans."""


class LLMError(PlanningError):
    """A language model gave no usable plan; `usage` is what its answers cost, None if there were none."""

    def __init__(self, text: str, usage: Usage | None) -> None:
        super().__init__(text)
        self.usage = usage


@dataclass(frozen=True)
class LLMPlanner:
    """Plans with a model behind an OpenAI-compatible endpoint; the model's plan stands as it is.

    The endpoint holds a reply to the schema in the strongest way that it supports. The planner reads replies
    leniently, and sends them back at most `max_repairs` times with faults that can be shown (see `checks`).
    The reply with the fewest faults wins; its faults become notes, and it is drawn as the model has it.

    Address and key default to OPENAI_BASE_URL and OPENAI_API_KEY; see `Endpoint` for `timeout` (seconds for
    each try), `max_retries` and `known_as`. `temperature` and `seed` are not sent if they are None or if the
    endpoint refuses them. `examples` is the number of worked examples; it is halved if the model's context is
    too small. Region prompts are written in `language`. `fallback` plans if the model can't. With `cache`,
    readable replies are kept in the user's cache folder. `on_progress` gets a line before each wait.

    `profile` is what the model is asked for. "full": a whole plan. "small": places in words and few fields.
    "details": no plan, but how the things look that `reader` finds, by default the built-in planner. "auto":
    the full profile, unless the model's own plan shows in two requests that this asks too much; then details,
    or small if the reader finds nothing. The outcome is remembered.
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
    on_progress: Callable[[str], None] = ignore_progress

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`.

        Raises `UserError` for an empty prompt, a missing or refused key, an unknown model or a malformed
        address, and `LLMError` if the endpoint fails or no reply can be read.
        """
        if not prompt.strip():
            raise UserError("the prompt is empty: describe a picture")
        bill: list[Usage] = []
        try:
            draft = self._plan(prompt, bill)
        except PlanningError as error:
            failure = LLMError(str(error), total(bill))
            if self.fallback is None:
                raise failure from error
            return note_failure(self.fallback(prompt), failure)
        origin = {"model": self.model, "seed": self.seed, "usage": total(bill)}
        return draft.model_copy(update={"origin": draft.origin.model_copy(update=origin)})

    def _plan(self, prompt: str, bill: list[Usage]) -> Draft:
        """The plan by the profile that was chosen or is found out; `bill` gets the usage of each answer."""
        endpoint = Endpoint(
            self.model, self.base_url, self.api_key, self.timeout, self.max_retries, self.known_as
        )
        given = {"max_tokens": MAX_TOKENS, "temperature": self.temperature, "seed": self.seed}
        options = {name: value for name, value in given.items() if value is not None}
        replies = users_replies() if self.cache else None
        with endpoint.client() as client:
            asker = Asker(client, endpoint, options, bill.append, replies, self.on_progress)
            if self.profile != "auto":
                return self._plan_by(self.profile, asker, prompt)
            known = recall(_PROFILES_FILE, endpoint.identity)
            if known in get_args(Profile):
                return self._plan_by(cast(Profile, known), asker, prompt)

            rounds = self._ask_for_plan(asker, prompt, "full", 1)
            last = best(rounds)
            plan = last.plan if last else None
            # After one repair, a capable model has at most one fault, or faults of half the regions.
            able = plan is not None and len(plan.faults) <= max(1, len(plan.scene.regions) // 2)
            if plan is not None:
                # An unreadable reply may be a passing fault of the endpoint: only a plan shows the ability.
                remember(_PROFILES_FILE, endpoint.identity, "full" if able else "details")
            if able or all(turn.answer.kind == "refused" for turn in rounds):
                return _draft(rounds, asker)
            self.on_progress(
                f"asking {self.model} for details alone, since it gave no sound plan (see --llm-profile)"
            )
            return self._plan_by("details", asker, prompt)

    def _plan_by(self, profile: Profile, asker: Asker, prompt: str) -> Draft:
        """The plan by one profile."""
        if profile != "details":
            # A model that needs less than the full profile doesn't improve when it is told its faults.
            repairs = self.max_repairs if profile == "full" else 1
            return _draft(self._ask_for_plan(asker, prompt, profile, repairs), asker)

        from planner.reader.planner import ReaderPlanner

        found = (self.reader or ReaderPlanner())(prompt)
        if not found.scene.regions:
            if self.profile == "details":
                return found.model_copy(update={"origin": Origin(planner="llm")})
            return self._plan_by("small", asker, prompt)
        form = details_form(tuple(region.name for region in found.scene.regions))

        def check(answer: Answer, earlier: Sequence[Round]) -> CheckedPlan | str:
            """A reply with details has no fault: those that don't suit are left out."""
            del earlier
            if answer.data is None:
                return answer.fault
            details = form.model_validate(answer.data)
            return CheckedPlan(add_details(found.scene, details), found.notes, ())

        asker = replace(asker, options={**asker.options, "frequency_penalty": PENALTY})
        question = details_question(prompt, found.scene)
        return _draft(self._converse(asker, question, "details", form, check, 1), asker)

    def _ask_for_plan(
        self, asker: Asker, prompt: str, profile: Literal["full", "small"], repairs: int
    ) -> tuple[Round, ...]:
        """The rounds of a conversation in which the model plans `prompt`."""
        form = SceneReply if profile == "full" else small_form(prompt)

        def check(answer: Answer, earlier: Sequence[Round]) -> CheckedPlan | str:
            """Only plans of the full form are checked for faults."""
            if answer.data is None:
                return answer.fault
            try:
                reply = form.model_validate(answer.data)
            except ValidationError as error:
                return f"The reply has another form than was asked for: {error.errors()[0]['msg']}."
            full = reply if isinstance(reply, SceneReply) else reply.scene()
            scene, notes = read(full, prompt)
            scene = suggest_boxes(scene)
            if not scene.regions and answer.data.get("regions") != []:
                fault = "The reply has no region with a name and a prompt"
                return f"{fault}: fill regions, one entry for each thing."
            if profile == "small":
                return CheckedPlan(scene, notes, ())
            # A model that answers with an empty list again means it.
            empty_before = any(turn.plan and not turn.plan.scene.regions for turn in earlier)
            emptiness = None if empty_before else find_emptiness(scene)
            return CheckedPlan(scene, notes, (emptiness,) if emptiness else find_faults(full, scene, prompt))

        return self._converse(asker, prompt, profile, form, check, repairs)

    def _converse(
        self,
        asker: Asker,
        question: str,
        profile: Profile,
        form: type[BaseModel],
        check: Check,
        repairs: int,
    ) -> tuple[Round, ...]:
        """The conversation, with fewer and fewer examples until it fits into the model's context."""

        def ask(messages: Messages, plain: bool) -> Answer:
            return asker.ask(messages, form, plain)

        instructions = prompts.instructions(profile, self.language)
        examples = self.examples
        while True:
            opening: list[Mapping[str, str]] = [{"role": "system", "content": instructions}]
            for example in prompts.examples(profile)[:examples]:
                opening.append({"role": "user", "content": example.prompt})
                opening.append({"role": "assistant", "content": example.reply})
            opening.append({"role": "user", "content": question})
            try:
                return converse(ask, check, opening, repairs)
            except TooLongError:
                if examples == 0:
                    raise
                examples //= 2


def note_failure(draft: Draft, error: WorldError) -> Draft:
    """The draft of another planner, with a note that says why there is no plan of the language model's."""
    note = Note(kind="warning", name="llm", text=f"the language model gave no plan: {error}")
    usage = error.usage if isinstance(error, LLMError) else None
    origin = draft.origin.model_copy(update={"usage": usage})
    return draft.model_copy(update={"notes": (note, *draft.notes), "origin": origin})


def _draft(rounds: Sequence[Round], asker: Asker) -> Draft:
    """The best plan of a conversation; raises `PlanningError` if no reply was a plan."""
    winner = best(rounds)
    if winner is None or winner.plan is None:
        last = rounds[-1]
        reasons = {
            "refused": "declines to plan this prompt",
            "empty": "gives empty replies",
            "cut off": "is cut off before its plan ends: it needs a larger limit of output or context",
        }
        reason = reasons.get(last.answer.kind, f"wrote no plan ({last.problem.rstrip('.')})")
        times = sum(turn.answer.usage.requests for turn in rounds)
        text = last.answer.text
        wrote = f"; it wrote: {asker.endpoint.redact(text)}" if text.strip() else ""
        raise PlanningError(f"{asker.endpoint.model} {reason}, asked {times} times{wrote}")
    plan = winner.plan
    faults = [
        Note(kind="warning", name=fault.name, text=f"the model's plan stands, though {fault.text}")
        for fault in plan.faults
    ]
    repairs = tuple(dict.fromkeys(text for turn in rounds[:-1] for text in turn.faults))
    origin = Origin(planner="llm", mode=winner.answer.mode, repairs=repairs)
    return Draft(scene=plan.scene, notes=(*plan.notes, *faults), origin=origin)
