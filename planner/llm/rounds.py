"""Ask, check, tell, ask again: a bounded number of rounds with one model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import prompts
from planner.errors import PlanningError
from planner.llm.answer import Answer
from planner.llm.ask import Turn
from planner.llm.modes import ModeRefusedError
from planner.llm.reply import SceneReply

Ask = Callable[[Sequence[Turn]], Answer]
Check = Callable[[SceneReply], tuple[str, ...]]

_MAX_TOLD = 8
"""So many faults are told at once: a small model loses more than that out of sight."""

_MAX_QUOTED = 6000
"""Letters of a reply that is sent back: one that ran wild shouldn't fill the model's context."""


@dataclass(frozen=True)
class Round:
    """An answer and what is wrong with it, one sentence a fault."""

    answer: Answer
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """All rounds with one model, at least one."""

    rounds: tuple[Round, ...]

    @property
    def reply(self) -> SceneReply | None:
        """The reply with the fewest faults, the earliest of equals; None where none could be read."""
        read = [turn for turn in self.rounds if turn.answer.reply]
        return min(read, key=lambda turn: len(turn.faults)).answer.reply if read else None

    @property
    def told(self) -> tuple[str, ...]:
        """What the model was told, each sentence once."""
        return tuple(dict.fromkeys(fault for turn in self.rounds[:-1] for fault in turn.faults))

    @property
    def last(self) -> Round:
        """The last round."""
        return self.rounds[-1]


def converse(ask: Ask, check: Check, opening: Sequence[Turn], max_repairs: int) -> Outcome:
    """Ask until a reply has no fault or no fewer than an earlier one, with at most `max_repairs` repairs.

    Where the endpoint fails with a reply in hand, that reply is the outcome; else what `ask` raises passes.
    """
    rounds: list[Round] = []
    turns = opening
    while True:
        try:
            answer = ask(turns)
        except (PlanningError, ModeRefusedError):
            if any(turn.answer.reply for turn in rounds):
                return Outcome(tuple(rounds))
            raise
        rounds.append(Round(answer, check(answer.reply) if answer.reply else (answer.fault,)))
        if len(rounds) > max_repairs or _settled(rounds):
            return Outcome(tuple(rounds))
        turns = _sent_back(opening, rounds[-1])


def _settled(rounds: Sequence[Round]) -> bool:
    """Whether asking again is idle: nothing is wrong, or the model got no better for being told."""
    *earlier, last = rounds
    read = [len(turn.faults) for turn in earlier if turn.answer.reply]
    return not last.faults or (bool(read) and last.answer.reply is not None and len(last.faults) >= min(read))


def _sent_back(opening: Sequence[Turn], turn: Round) -> tuple[Turn, ...]:
    """The opening, the last reply and what is wrong with it; earlier ones are left out for brevity."""
    note = prompts.repair(turn.faults[:_MAX_TOLD])
    if turn.answer.text.strip():
        return (*opening, Turn("assistant", turn.answer.text[:_MAX_QUOTED]), Turn("user", note))
    # Many chat templates refuse an empty turn, and two of one speaker in a row.
    return (*opening[:-1], Turn("user", f"{opening[-1].content}\n\n{note}"))
