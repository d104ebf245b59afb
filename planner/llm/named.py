"""The planner that --llm names: a model of an endpoint, or one on this machine."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from planner.errors import PlanningError, WorldError
from planner.llm.planner import LLMPlanner, fallen_back, silent
from planner.local.server import Served, check_extra, reached
from planner.local.weights import LOCAL, is_local, weights_file
from planner.plans import Draft
from prompts import Profile


@dataclass(frozen=True)
class NamedPlanner:
    """Plans with the model that `llm` names, as --llm has it.

    A local model is served anew for every prompt; for many prompts use `reached` and `at`. The profile
    "auto" is details for the model that is fetched, which was measured (see prompts/README.md), and is
    found out for any other. With `fallback` the built-in planner plans where the model can't, or isn't
    served. `timeout` (seconds) is the endpoint's own where None; for `language` and `tell` see `LLMPlanner`.
    """

    llm: str
    seed: int | None = None
    cache: bool = True
    profile: Profile | Literal["auto"] = "auto"
    fallback: bool = False
    timeout: float | None = None
    language: str = "English"
    tell: Callable[[str], None] = silent

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`; raises as `LLMPlanner` and `local_model` do."""
        try:
            with reached(self.llm) as served:
                return self.at(served)(prompt)
        except PlanningError:
            raise
        except WorldError as error:  # no server: what fails once there is one, `at` has seen to
            if not self.fallback:
                raise
            from planner.reader.planner import ReaderPlanner

            return fallen_back(ReaderPlanner()(prompt), error)

    def at(self, served: Served) -> LLMPlanner:
        """The planner, once its model is served."""
        from planner.reader.planner import ReaderPlanner

        given = asdict(served)
        if self.timeout is not None:
            given["timeout"] = self.timeout
        return LLMPlanner(
            **given,
            seed=self.seed,
            fallback=ReaderPlanner() if self.fallback else None,
            cache=self.cache,
            profile="details" if (self.llm, self.profile) == (LOCAL, "auto") else self.profile,
            language=self.language,
            tell=self.tell,
        )

    def check(self) -> None:
        """Raise `UserError` where a local model can't be served, before anything else is done."""
        if is_local(self.llm):
            weights_file(self.llm)
            check_extra()
