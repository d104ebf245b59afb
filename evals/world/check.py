"""`python -m evals.world.check`: does the model draw what a prompt asks for, where it asks for it?

Unseen captions of one thing, unseen prompts that put two things in places, and unseen captions of two things,
as the model was trained on. Each prompt is drawn by regions and by the plain prompt from the same noise. What
the detector sees is compared with the facts of the prompt, and with the boxes of the plan. Exit code 1 if a
floor is not met, 2 for a model that can't be loaded.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal, Self, get_args

from rich.console import Console
from rich.progress import track

from evals.report.document import write_document
from evals.world.detector import Detection, accuracy, detect
from evals.world.facts import Facts
from evals.world.prompts import one_thing, two_captioned, two_things
from evals.world.verdict import Verdict, judge
from evals.world.words import KIND_WORDS
from planner.errors import UserError
from planner.plans import Plan
from planner.scene import GRID
from planner.shapes import given_boxes
from renderer.cards import model_card
from renderer.grid import rasterise
from renderer.models import Model, load_model
from renderer.pictures import VERSIONED, picture_record, png_bytes
from renderer.pipeline import layout_of, make_plan
from renderer.progress import in_options
from renderer.rendering import Rendering, render
from renderer.settings import Mode, Recipe, Settings

FLOORS = {"cpu": (0.80, 0.60), "gpu": (0.95, 0.85)}
"""What regional prompting should reach with one thing and with two, by what the model was trained on."""

DETECTOR_SEEDS, ONE_SEEDS, TWO_SEEDS, CAPTION_SEEDS = 4_000_000, 5_000_000, 6_000_000, 7_000_000
"""First seeds of pictures and prompts: below those of training, above those that tokenizers are made of."""

SPREAD = 10_000
"""Seeds between one check's first sample and the next check's."""

Arm = Literal["regional", "plain"]
ARMS: tuple[Arm, ...] = get_args(Arm)

Edges = tuple[float, float, float, float]
"""A box (x0, y0, x1, y1) in pixels."""


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

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
    results: Path | None


@dataclass(frozen=True)
class Proportion:
    """So many hits among `n` trials."""

    hits: int
    n: int

    @classmethod
    def of(cls, results: Iterable[bool]) -> Self:
        """The proportion of results that are true."""
        listed = list(results)
        return cls(sum(listed), len(listed))

    @property
    def share(self) -> float:
        """Hits per trial; 0 for no trials."""
        return self.hits / self.n if self.n else 0.0

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's score interval of the share (Wilson 1927); (0, 1) for no trials."""
        if not self.n:
            return 0.0, 1.0
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        scale = 1 + z**2 / self.n
        middle = (self.share + z**2 / (2 * self.n)) / scale
        reach = z / scale * sqrt(self.share * (1 - self.share) / self.n + z**2 / (4 * self.n**2))
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        """As "93.0 % [88.6, 95.8] of 200"."""
        low, high = self.interval()
        return f"{self.share:6.1%} [{low:.1%}, {high:.1%}] of {self.n}"


@dataclass(frozen=True)
class Trial:
    """A picture of one arm with its verdict. `boxes`: each thing's box in the plan, None without one."""

    arm: Arm
    seed: int
    facts: Facts
    plan: Plan
    boxes: tuple[Edges | None, ...]
    rendering: Rendering
    detections: tuple[Detection, ...]
    verdict: Verdict

    @property
    def box_hits(self) -> tuple[bool, ...]:
        """For each thing, whether it was found with its centre within the plan's box for it."""
        hits: list[bool] = []
        for match, box in zip(self.verdict.matches, self.boxes, strict=True):
            inside = False
            if match is not None and box is not None:
                (x, y), (x0, y0, x1, y1) = match.centre, box
                inside = x0 <= x <= x1 and y0 <= y <= y1
            hits.append(inside)
        return tuple(hits)

    def row(self) -> dict[str, Any]:
        """All but the picture, as JSON."""
        return {
            "arm": self.arm,
            "seed": self.seed,
            "prompt": self.facts.text,
            "facts": asdict(self.facts),
            "found": self.verdict.found,
            "right": self.verdict.right,
            "alone": self.verdict.nothing_else,
            "placed": self.verdict.claims_held,
            "boxes": self.boxes,
            "box_hits": self.box_hits,
            "detections": [asdict(detection) for detection in self.detections],
            "seconds": round(self.rendering.seconds, 2),
        }

    def png(self, model: Model) -> bytes:
        """The picture, with the record of its plan and settings."""
        record = picture_record(self.plan, self.rendering.recipe, self.seed, model.card.name)
        return png_bytes(self.rendering.image, record)


def trials(facts: Facts, seed: int, arms: tuple[Arm, ...], model: Model, recipe: Recipe) -> Iterator[Trial]:
    """A trial for each arm, all with the same plan, seed and base prompt."""
    plan = make_plan(facts.text, size=model.card.size, seed=seed)
    boxes, grid = plan_boxes(facts, plan), rasterise(layout_of(plan))
    for arm in arms:
        rendering = render(grid, model, recipe, seed, plain=arm == "plain")
        detections = tuple(detect(rendering.image))
        verdict = judge(facts, detections, rendering.image.width)
        yield Trial(arm, seed, facts, plan, boxes, rendering, detections, verdict)


def plan_boxes(facts: Facts, plan: Plan) -> tuple[Edges | None, ...]:
    """The box of the region that is named for each thing, None where there is no such region."""
    across, down = plan.size.width / GRID, plan.size.height / GRID
    given = given_boxes(plan.scene.regions, plan.size)
    edges = {n: (b.x0 * across, b.y0 * down, b.x1 * across, b.y1 * down) for n, b in given.items()}
    boxes: list[Edges | None] = []
    for thing in facts.things:
        nouns = {word.split()[-1] for word in (thing.noun, *KIND_WORDS[thing.kind])}
        boxes.append(next((box for name, box in edges.items() if nouns & set(name.split())), None))
    return tuple(boxes)


def plan_verdict(trial: Trial) -> Verdict:
    """The verdict on the plan alone: on a picture that shows each thing in the middle of its box."""
    things = zip(trial.facts.things, trial.boxes, strict=True)
    shown = [Detection(thing.kind, thing.colour, box, 1.0) for thing, box in things if box is not None]
    return judge(trial.facts, shown, trial.plan.size.width)


@dataclass(frozen=True)
class Part:
    """One of the questions: its trials, and which of them are a success."""

    title: str
    trials: tuple[Trial, ...]
    success: Callable[[Trial], bool]

    def proportion(self, arm: Arm, hits: Callable[[Trial], Iterable[bool]]) -> Proportion:
        """The hits of an arm's trials, one or more for each trial."""
        return Proportion.of(hit for trial in self.trials if trial.arm == arm for hit in hits(trial))


def check(options: Options) -> bool:
    """Run the check and print its results; returns whether the floors are met."""
    lines = list[str]()

    def write(line: str = "") -> None:
        print(line)
        lines.append(line)

    model = load_model(model_card(options.model))
    recipe = Settings(steps=options.steps, mode=options.mode).over(model.card.recipe)
    title = f"{options.model}: {options.steps} steps, mode {recipe.mode}, seed {options.seed}"
    write(f"{title}; intervals are Wilson's, 95 %\n")
    first = options.seed * SPREAD
    seeds = range(DETECTOR_SEEDS + first, DETECTOR_SEEDS + first + options.n_judge)
    detector = {"drawn": accuracy(seeds), "through the VAE": accuracy(seeds, model.pipeline.vae)}
    for name, result in detector.items():
        write(
            f"detector, {result.n} pictures {name}: {result.recall:.1%} of {result.things} things found, "
            f"{result.precision:.1%} of what it finds is there"
        )
    write()

    def run(name: str, n: int, first_prompt: int, prompt: Callable[[int], Facts]) -> tuple[Trial, ...]:
        done: list[Trial] = []
        for number in track(range(first, first + n), f"{name} thing(s)", console=Console(stderr=True)):
            for trial in trials(prompt(first_prompt + number), number, options.arms, model, recipe):
                done.append(trial)
                if options.out is not None:
                    _write_trial(options.out, name, trial, model)
        return tuple(done)

    one = run("one", options.n_one, ONE_SEEDS, one_thing)
    two = run("two", options.n_two, TWO_SEEDS, two_things)
    captioned = run("captioned", options.n_captions, CAPTION_SEEDS, two_captioned)
    parts = (
        Part("one thing, right thing in right colour", one, lambda trial: trial.verdict.found),
        Part("two things, both right and where the words put them", two, lambda trial: trial.verdict.right),
        Part("two things of a caption, both in right colours", captioned, lambda trial: trial.verdict.found),
    )
    for part in parts:
        for line in _part_lines(part, options.arms):
            write(line)
    if options.out is not None:
        record = {
            "options": asdict(options),
            "recipe": recipe.model_dump(),
            "versions": {name: version(name) for name in VERSIONED},
            "detector": {name: asdict(result) for name, result in detector.items()},
        }
        (options.out / "check.json").write_text(json.dumps(record, indent=2, default=str) + "\n", "utf-8")
    met = _floors_met(parts[:2], options, write)
    if options.results is not None:
        facts = {
            "Command": "`scenewright eval floors --results FILE`, with the options below",
            "n": f"{options.n_one} prompts of one thing, {options.n_two} of two, {options.n_captions} "
            "captions of two",
            "Interval": "95 %, Wilson",
        }
        write_document(options.results, "Floors of tiny-flux", facts, "\n".join(["```", *lines, "```"]))
    return met


def _write_trial(out: Path, part: str, trial: Trial, model: Model) -> None:
    name = f"{part}-{trial.seed:05}-{trial.arm}.png"
    with (out / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"part": part, "picture": name, **trial.row()}) + "\n")
    (out / name).write_bytes(trial.png(model))


def _part_lines(part: Part, arms: tuple[Arm, ...]) -> Iterator[str]:
    """A line for each measure, the arms side by side."""
    measures: dict[str, Callable[[Trial], Iterable[bool]]] = {
        part.title: lambda trial: [part.success(trial)],
        "  and nothing else": lambda trial: [part.success(trial) and trial.verdict.nothing_else],
        "  all things found": lambda trial: [trial.verdict.found],
        "  things within the plan's boxes": lambda trial: trial.box_hits,
        "  the plan itself right, whatever is drawn": lambda trial: [plan_verdict(trial).right],
    }
    yield f"{'':52}" + "".join(f"{arm:34}" for arm in arms)
    for name, hits in measures.items():
        yield f"{name:52}" + "".join(f"{part.proportion(arm, hits)!s:34}" for arm in arms)
    yield ""


def _floors_met(parts: Sequence[Part], options: Options, write: Callable[[str], None]) -> bool:
    """Write every floor; returns whether those of the machine that the model was trained on are met."""
    met: list[bool] = []
    for machine, floors in FLOORS.items() if "regional" in options.arms else ():
        for part, floor in zip(parts, floors, strict=True):
            result = part.proportion("regional", lambda trial, part=part: [part.success(trial)])
            reached = not result.n or result.share >= floor
            outcome = (
                f"{'met' if reached else 'NOT MET'} with {result.share:.1%}" if result.n else "not tried"
            )
            write(f"floor {floor:.0%} if trained on a {machine}, {part.title}: {outcome}")
            met.extend([reached] if machine == options.trained_on else [])
    return all(met)


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
    option("--results", type=Path, metavar="FILE", help="a document for the figures; its notes are kept")
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
        if options.out is not None:
            if (options.out / "rows.jsonl").exists():
                raise UserError(f"{options.out}: the folder holds an earlier check; give a new one", "out")
            options.out.mkdir(parents=True, exist_ok=True)
        return 0 if check(options) else 1
    except UserError as error:
        print(in_options(error), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
