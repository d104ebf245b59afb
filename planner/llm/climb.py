"""Down the ladder of modes to the first that yields a reply."""

from dataclasses import dataclass
from functools import partial

from planner.errors import PlanningError, ScenewrightError
from planner.llm.ask import Asker, Turn
from planner.llm.bounds import Form
from planner.llm.endpoint import Endpoint
from planner.llm.modes import Memory, Mode, ModeRefusedError, cache_file
from planner.llm.reply import SceneReply
from planner.llm.rounds import Check, Round, converse
from prompts import Profile


@dataclass(frozen=True)
class Question:
    """What is asked: the profile, the form of the reply, and the conversation's beginning."""

    profile: Profile
    form: Form
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Climbed:
    """The best reply, to what profile and in what mode it came, and what the model was told on the way."""

    profile: Profile
    reply: SceneReply
    mode: Mode
    told: tuple[str, ...]


class NoPlanError(PlanningError):
    """The model answers, and nothing that it writes can be read."""


def climb(asker: Asker, question: Question, check: Check, max_repairs: int) -> Climbed:
    """Ask in the first mode that the endpoint takes, and in weaker ones while no reply can be read.

    The repairs of unread replies are `max_repairs` in all modes together. A mode is remembered where those
    before it were refused, and not where they only went badly. Raises `PlanningError` where no mode yields
    a reply, and what `Asker.ask` raises.
    """
    memory, name = Memory(cache_file()), asker.endpoint.identity
    refusals: list[ScenewrightError] = []
    unread: list[Round] = []
    for mode in memory.ladder(name):
        ask = partial(asker.ask, form=question.form, mode=mode)
        try:
            outcome = converse(ask, check, question.turns, max(0, max_repairs - len(unread)))
        except ModeRefusedError as error:
            refusals.append(error.meaning)
            continue
        if outcome.reply and not unread:
            memory.remember(name, mode)
        if outcome.reply:
            return Climbed(question.profile, outcome.reply, mode, (*_faults(unread), *outcome.told))
        unread += outcome.rounds
    raise _no_plan(asker.endpoint, unread) if unread else refusals[0]


def _faults(rounds: list[Round]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fault for turn in rounds for fault in turn.faults))


def _no_plan(endpoint: Endpoint, unread: list[Round]) -> PlanningError:
    """Why no reply could be read, with the beginning of the last."""
    last = unread[-1].answer
    wrote = f"; it wrote: {endpoint.redact(last.text)}" if last.text.strip() else ""
    reasons = {
        "refused": "declines to plan this prompt",
        "empty": "gives empty replies",
        "cut off": "is cut off before its plan ends: it needs a larger limit of output or context",
    }
    reason = reasons.get(last.kind, f"wrote no plan ({last.fault.rstrip('.')})")
    kind = PlanningError if last.kind == "refused" else NoPlanError
    return kind(f"{endpoint.model} {reason}, asked {len(unread)} times{wrote}")
