"""Ask, check, tell, ask again: a bounded conversation with one model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import prompts
from planner.chat.ask import Answer, Messages
from planner.errors import PlanningError, UserError
from planner.llm.checks import Fault
from planner.plans import Note
from planner.scene import Scene

_MAX_TOLD = 12
"""So many faults are told at once."""

_MAX_QUOTED = 24_000
"""Letters of a reply that is sent back: one that ran wild shouldn't fill the model's context."""

_GIVEN_UP = ("refused", "empty")
"""Kinds of answers that are asked about once."""


@dataclass(frozen=True)
class Understood:
    """A reply as a scene, with notes on how it was read and what is wrong with it."""

    scene: Scene
    notes: tuple[Note, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Round:
    """An answer, and what was understood of it; None where it holds no plan, and then why."""

    answer: Answer
    understood: Understood | None
    fault: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What the model is told of it, one sentence each."""
        return tuple(fault.text for fault in self.understood.faults) if self.understood else (self.fault,)


Ask = Callable[[Messages, bool], Answer]
"""Asks with a conversation, in the plain-text way where True."""

Understand = Callable[[Answer, Sequence[Round]], "Understood | str"]
"""What an answer means after earlier rounds, or why it is no plan."""


def converse(ask: Ask, understand: Understand, opening: Messages, max_repairs: int) -> tuple[Round, ...]:
    """Ask until an answer has no fault, at least once, and at most `max_repairs` times more.

    After a reply without an object the model is asked in plain text, where the form stands in words: the
    endpoint may not have passed it on. Where the endpoint fails with a plan in hand, that plan is the
    outcome; else what `ask` raises passes.
    """
    rounds: list[Round] = []
    messages = opening
    while True:
        try:
            answer = ask(messages, any(turn.answer.kind == "no object" for turn in rounds))
        except (PlanningError, UserError):
            if best(rounds) is None:
                raise
            return tuple(rounds)
        meaning = understand(answer, rounds)
        rounds.append(Round(answer, None, meaning) if isinstance(meaning, str) else Round(answer, meaning))
        if _settled(rounds, max_repairs):
            return tuple(rounds)
        messages = _sent_back(opening, rounds[-1])


def best(rounds: Sequence[Round]) -> Round | None:
    """The round with the fewest faults, the latest of equals; None where no reply was a plan.

    More regions lost than faults were told count as faults too: a model that is told of one region may write
    that one alone.
    """
    plans = [(turn, turn.understood) for turn in reversed(rounds) if turn.understood]
    largest = max((plan for _, plan in plans), key=lambda plan: len(plan.scene.regions), default=None)
    if largest is None:
        return None
    kept = len(largest.scene.regions) - len(largest.faults)
    costs = [len(plan.faults) + max(0, kept - len(plan.scene.regions)) for _, plan in plans]
    return plans[costs.index(min(costs))][0]


def _settled(rounds: Sequence[Round], max_repairs: int) -> bool:
    """Whether nothing is wrong, or the model was asked often enough.

    Answers are counted, and not rounds: one that was cut off in thought has been asked for twice.
    """
    last = rounds[-1]
    given_up = sum(turn.answer.kind in _GIVEN_UP for turn in rounds) > 1
    answers = sum(turn.answer.usage.requests for turn in rounds)
    return not last.told or given_up or len(rounds) > max_repairs or answers > max(2, max_repairs)


def _sent_back(opening: Messages, turn: Round) -> Messages:
    """The opening, the last reply and what is wrong with it; earlier ones are left out for brevity."""
    note = prompts.repair(turn.told[:_MAX_TOLD])
    if turn.answer.text.strip():
        replied = {"role": "assistant", "content": turn.answer.text[:_MAX_QUOTED]}
        return (*opening, replied, {"role": "user", "content": note})
    # Many chat templates refuse an empty turn, and two of one speaker in a row.
    *before, last = opening
    return (*before, {**last, "content": f"{last['content']}\n\n{note}"})
