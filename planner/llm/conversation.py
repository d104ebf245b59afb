"""A bounded conversation with one model: ask, check the answer, send its faults back, ask again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import prompts
from planner.chat.ask import Answer, Messages
from planner.errors import PlanningError, UserError
from planner.llm.checks import Fault
from planner.plans import Note
from planner.scene import Scene

_MAX_FAULTS = 12
"""Faults that are sent back at once."""

_MAX_QUOTED = 24_000
"""Letters of a reply that are sent back: a runaway reply should not fill the model's context."""


@dataclass(frozen=True)
class CheckedPlan:
    """A reply as a scene, with notes on how it was read, and its faults."""

    scene: Scene
    notes: tuple[Note, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Round:
    """An answer and its plan; if it has none, `problem` says why."""

    answer: Answer
    plan: CheckedPlan | None
    problem: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults as the model is told them, one sentence each."""
        return tuple(fault.text for fault in self.plan.faults) if self.plan else (self.problem,)


Ask = Callable[[Messages, bool], Answer]
"""Sends a conversation, in the plain-text way if the second argument is True."""

Check = Callable[[Answer, Sequence[Round]], CheckedPlan | str]
"""The plan of an answer, given the earlier rounds, or why the answer has no plan."""


def converse(ask: Ask, check: Check, opening: Messages, max_repairs: int) -> tuple[Round, ...]:
    """Ask until an answer has no fault, at least once and at most `max_repairs` times more.

    After a reply without an object, the model is asked in plain text, where the schema is part of the
    instructions: the endpoint may not have passed the schema on. If the endpoint fails after a reply with a
    plan, the conversation ends there; otherwise errors of `ask` pass.
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
        result = check(answer, rounds)
        last = Round(answer, None, result) if isinstance(result, str) else Round(answer, result)
        rounds.append(last)

        gives_up = sum(turn.answer.kind in ("refused", "empty") for turn in rounds) > 1
        # An answer that was cut off while the model was thinking took two requests.
        requests = sum(turn.answer.usage.requests for turn in rounds)
        if not last.faults or gives_up or len(rounds) > max_repairs or requests > max(2, max_repairs):
            return tuple(rounds)

        # Earlier replies are left out for brevity.
        repair = prompts.repair(last.faults[:_MAX_FAULTS])
        if answer.text.strip():
            reply = {"role": "assistant", "content": answer.text[:_MAX_QUOTED]}
            messages = (*opening, reply, {"role": "user", "content": repair})
        else:
            # Many chat templates refuse an empty turn, and two turns of one speaker in a row.
            *before, question = opening
            messages = (*before, {**question, "content": f"{question['content']}\n\n{repair}"})


def best(rounds: Sequence[Round]) -> Round | None:
    """The round with the fewest faults, the latest of equals; None if no reply was a plan.

    A model that is told of one region may reply with that region alone. So regions that are missing count as
    faults too, as far as they are more than the faults that the model was told.
    """
    plans = [(turn, turn.plan) for turn in reversed(rounds) if turn.plan]
    largest = max((plan for _, plan in plans), key=lambda plan: len(plan.scene.regions), default=None)
    if largest is None:
        return None
    expected = len(largest.scene.regions) - len(largest.faults)
    costs = [len(plan.faults) + max(0, expected - len(plan.scene.regions)) for _, plan in plans]
    return plans[costs.index(min(costs))][0]
