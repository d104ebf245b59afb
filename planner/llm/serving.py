"""The planner that --llm asks for: a model behind an endpoint, or one that is served on this machine."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from planner.chat.ask import ignore_progress
from planner.errors import PlanningError, WorldError
from planner.llm.planner import LLMPlanner, note_failure
from planner.local.server import Served, check_extra, open_model
from planner.local.weights import LOCAL, is_local, weights_file
from planner.plans import Draft
from prompts import Profile


@dataclass(frozen=True)
class ServingPlanner:
    """Plans with the model that `llm` names, as the option --llm has it, and serves the model if it is local.

    A local model is served anew for every prompt; for many prompts use `open_model` and `planner_for`. The
    profile "auto" means details for the model that `models fetch` brings, as measured in prompts/README.md;
    for any other model it is found out. With `fallback`, the built-in planner plans if the model can't, or
    can't be served. `timeout` is in seconds; None means the default of the endpoint. For `language` and
    `on_progress` see `LLMPlanner`.
    """

    llm: str
    seed: int | None = None
    cache: bool = True
    profile: Profile | Literal["auto"] = "auto"
    fallback: bool = False
    timeout: float | None = None
    language: str = "English"
    on_progress: Callable[[str], None] = ignore_progress

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`; raises as `LLMPlanner` and `local_model` do."""
        try:
            with open_model(self.llm) as served:
                return self.planner_for(served)(prompt)
        except PlanningError:
            raise
        except WorldError as error:
            # The server didn't start; `LLMPlanner` itself falls back after any later failure.
            if not self.fallback:
                raise
            from planner.reader.planner import ReaderPlanner

            return note_failure(ReaderPlanner()(prompt), error)

    def planner_for(self, served: Served) -> LLMPlanner:
        """The planner that asks a model which is already served."""
        from planner.reader.planner import ReaderPlanner

        model = asdict(served)
        if self.timeout is not None:
            model["timeout"] = self.timeout
        return LLMPlanner(
            **model,
            seed=self.seed,
            fallback=ReaderPlanner() if self.fallback else None,
            cache=self.cache,
            profile="details" if (self.llm, self.profile) == (LOCAL, "auto") else self.profile,
            language=self.language,
            on_progress=self.on_progress,
        )

    def check(self) -> None:
        """Raise `UserError` if a local model can't be served, before anything else is done."""
        if is_local(self.llm):
            weights_file(self.llm)
            check_extra()
