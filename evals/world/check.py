"""`python -m evals.world.check`: does the model draw what a prompt asks for, where it asks for it?

Unseen captions of one thing, unseen prompts that put two things in places, and unseen captions of two things,
as the model was trained on: each drawn by regions and by the plain prompt from the same noise. The detector
judges by the facts of the prompt; how many things are within the plan's boxes is told apart. Exit code 1 if a
floor is not met, 2 for a model that can't be loaded.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import track

from evals.world.detector import Accuracy, accuracy
from evals.world.facts import Facts
from evals.world.placed import one_thing, two_captioned, two_things
from evals.world.tally import Tally
from evals.world.trial import ARMS, Arm, Trial, plan_verdict, trials
from planner.errors import UserError
from renderer.cards import model_card
from renderer.models import Model, load_model
from renderer.pictures import VERSIONED
from renderer.progress import in_options
from renderer.settings import Mode, Recipe, Settings

FLOORS = {"cpu": (0.80, 0.60), "gpu": (0.95, 0.85)}
"""What regional prompting should reach with one thing and with two, by what the model was trained on."""

JUDGE_SEEDS, ONE_SEEDS, TWO_SEEDS, CAPTION_SEEDS = 4_000_000, 5_000_000, 6_000_000, 7_000_000
"""First seeds of pictures and prompts: below those of training, above those that tokenizers are made of."""

SPREAD = 10_000
"""Seeds between one check's first sample and the next check's."""


@dataclass(frozen=True)
class Options:
    """What the check is told on the command line."""

    n_one: int
    n_two: int
    n_captions: int
    n_judge: int
    seed: int
    steps: int
    arms: tuple[Arm, ...]
    mode: Mode | None
    model: str
    trained_on: str
    out: Path | None


@dataclass(frozen=True)
class Part:
    """One of the questions, its trials, and what of a trial is a success."""

    title: str
    trials: tuple[Trial, ...]
    success: Callable[[Trial], bool]

    def tally(self, arm: Arm, hits: Callable[[Trial], Iterable[bool]]) -> Tally:
        """The hits of an arm's trials, one or more a trial."""
        return Tally.of(hit for trial in self.trials if trial.arm == arm for hit in hits(trial))


def check(options: Options) -> bool:
    """Run the check and print what came of it; returns whether the floors are met."""
    model = load_model(model_card(options.model))
    recipe = Settings(steps=options.steps, mode=options.mode).over(model.card.recipe)
    told = f"{options.model}: {options.steps} steps, mode {recipe.mode}, seed {options.seed}"
    print(f"{told}; intervals are Wilson's, 95 %\n")
    judge = _judged(options, model)
    one = _part("one", options.n_one, ONE_SEEDS, one_thing, options, model, recipe)
    two = _part("two", options.n_two, TWO_SEEDS, two_things, options, model, recipe)
    captions = _part("captioned", options.n_captions, CAPTION_SEEDS, two_captioned, options, model, recipe)
    parts = (
        Part("one thing, right thing in right colour", one, lambda trial: trial.verdict.found),
        Part("two things, both right and where the words put them", two, lambda trial: trial.verdict.right),
    )
    fair = Part("two things of a caption, both in right colours", captions, lambda trial: trial.verdict.found)
    for part in (*parts, fair):
        _print_part(part, options.arms)
    if options.out is not None:
        _write_summary(options.out, options, recipe, judge)
    return _floors_met(parts, options)


def _judged(options: Options, model: Model) -> dict[str, Accuracy]:
    """The detector's own accuracy, printed."""
    first = JUDGE_SEEDS + options.seed * SPREAD
    seeds = range(first, first + options.n_judge)
    found = {"drawn": accuracy(seeds), "through the VAE": accuracy(seeds, model.pipeline.vae)}
    for name, result in found.items():
        print(
            f"detector, {result.n} pictures {name}: {result.recall:.1%} of {result.things} things found, "
            f"{result.precision:.1%} of what it finds is there"
        )
    print()
    return found


def _part(
    name: str,
    n: int,
    first: int,
    ask: Callable[[int], Facts],
    options: Options,
    model: Model,
    recipe: Recipe,
) -> tuple[Trial, ...]:
    """The trials of one part; each is written as soon as it is done."""
    numbers = range(options.seed * SPREAD, options.seed * SPREAD + n)
    done: list[Trial] = []
    for number in track(numbers, f"{name} thing(s)", console=Console(stderr=True)):
        for trial in trials(ask(first + number), number, options.arms, model, recipe):
            done.append(trial)
            if options.out is not None:
                _write(options.out, name, trial, model)
    return tuple(done)


def _write(out: Path, part: str, trial: Trial, model: Model) -> None:
    name = f"{part}-{trial.seed:05}-{trial.arm}.png"
    with (out / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"part": part, "picture": name, **trial.row()}) + "\n")
    (out / name).write_bytes(trial.png(model))


def _write_summary(out: Path, options: Options, recipe: Recipe, judge: dict[str, Accuracy]) -> None:
    """What the rows were made with."""
    told = {**asdict(options), "out": str(out)}
    versions = {name: version(name) for name in VERSIONED}
    accuracies = {name: asdict(result) for name, result in judge.items()}
    record = {"options": told, "recipe": recipe.model_dump(), "versions": versions, "detector": accuracies}
    (out / "check.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")


def _print_part(part: Part, arms: tuple[Arm, ...]) -> None:
    """A line a measure, the arms side by side."""
    measures: dict[str, Callable[[Trial], Iterable[bool]]] = {
        part.title: lambda trial: [part.success(trial)],
        "  and nothing else": lambda trial: [part.success(trial) and trial.verdict.alone],
        "  all things found": lambda trial: [trial.verdict.found],
        "  things within the plan's boxes": lambda trial: trial.box_hits,
        "  the plan itself right, whatever is drawn": lambda trial: [plan_verdict(trial).right],
    }
    print(f"{'':52}" + "".join(f"{arm:34}" for arm in arms))
    for name, hits in measures.items():
        print(f"{name:52}" + "".join(f"{part.tally(arm, hits)!s:34}" for arm in arms))
    print()


def _floors_met(parts: Sequence[Part], options: Options) -> bool:
    """Print every floor; returns whether those of what the model was trained on are met."""
    met: list[bool] = []
    for machine, floors in FLOORS.items() if "regional" in options.arms else ():
        for part, floor in zip(parts, floors, strict=True):
            tally = part.tally("regional", lambda trial, part=part: [part.success(trial)])
            reached = not tally.n or tally.share >= floor
            print(f"floor {floor:.0%} if trained on a {machine}, {part.title}: {_word(tally, reached)}")
            met.extend([reached] if machine == options.trained_on else [])
    return all(met)


def _word(tally: Tally, reached: bool) -> str:
    if not tally.n:
        return "not tried"
    return f"{'met' if reached else 'NOT MET'} with {tally.share:.1%}"


def parse(arguments: Sequence[str] | None = None) -> Options:
    """The command line as options."""
    parser = argparse.ArgumentParser(prog="python -m evals.world.check", description=__doc__)
    option = parser.add_argument
    option("--n-one", type=int, default=200, help="prompts with one thing")
    option("--n-two", type=int, default=100, help="prompts with two things")
    option("--n-captions", type=int, default=100, help="captions of two things, as in training")
    option("--n-judge", type=int, default=200, help="pictures to try the detector on")
    option("--seed", type=int, default=0, help="other seeds are other prompts and other noise")
    option("--steps", type=int, default=24)
    option("--mode", choices=get_args(Mode), help="how regions are computed; the model's own if left out")
    option("--arms", type=_arms, default=ARMS, help="regional, plain or regional,plain")
    option("--model", default="tiny", help="a pipeline folder; tiny is the one that ships")
    option("--trained-on", choices=tuple(FLOORS), default="cpu", help="whose floors decide the exit code")
    option("--out", type=Path, help="a new folder for pictures, a row for each, and what they were made with")
    return Options(**vars(parser.parse_args(arguments)))


def _arms(names: str) -> tuple[Arm, ...]:
    unknown = set(names.split(",")) - set(ARMS)
    if unknown:
        raise argparse.ArgumentTypeError(f"{min(unknown)!r} is no arm; arms are {', '.join(ARMS)}")
    return tuple(arm for arm in ARMS if arm in names.split(","))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = parse(arguments)
    try:
        _make_folder(options.out)
        return 0 if check(options) else 1
    except UserError as error:
        print(in_options(error), file=sys.stderr)
        return 2


def _make_folder(out: Path | None) -> None:
    if out is None:
        return
    if (out / "rows.jsonl").exists():
        raise UserError(f"--out {out}: the folder holds an earlier check; give a new one")
    out.mkdir(parents=True, exist_ok=True)


if __name__ == "__main__":
    sys.exit(main())
