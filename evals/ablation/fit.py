"""`python -m evals.ablation.fit RUN`: settings chosen from the layout, fitted on half of a grid's prompts.

RUN is the --out folder of `scenewright ablate`, finished or not. Every second prompt of each group is fitted
to, the others judge: what is chosen, and every cell of the grid, is held against the model's own settings,
prompt by prompt, over all of them and in each group. Only prompts that every setting has drawn count. --write
puts the rules into a model's scenewright.json, where `generate(settings="auto")` finds them.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

from evals.ablation.cells import Cell, cells_of
from evals.ablation.choosing import MEASURES, Case, Choice, Form, choose
from evals.ablation.table import by_group, metrics_of
from evals.drawing.summary import figures_of, scored
from evals.planning.rows import Row
from evals.report.markdown import line
from evals.report.runs import Run, read_runs
from evals.scorers.protocol import Metric
from planner.errors import ScenewrightError, UserError
from planner.files import write_atomic
from renderer.auto import Auto, Measure, Rule, measured
from renderer.cards import DEFAULTS_FILE, model_card
from renderer.grid import rasterise
from renderer.pipeline import layout_of
from renderer.progress import in_options

AUTO = "auto"
"""What the choice is called in tables."""

Halves = tuple[list[Case], list[Case]]
"""Prompts to fit to, and prompts to judge by."""


def cases_of(run: Run, metric: str) -> list[Case]:
    """The prompts that every cell has a score of the metric for, in the benchmark's order.

    Cells with another B than the model's own are left out: a card chooses β and T.
    """
    interval = own_cell(run).interval
    arms = {arm: cell for cell, arm in cells_of(run.told).items() if cell.interval == interval}
    scores: dict[int | str, dict[Cell, list[float]]] = {}
    groups: dict[int | str, str] = {}
    for row in run.rows:
        value = row["scores"].get(metric)
        if row["arm"] in arms and value is not None:
            scores.setdefault(row["sample"], {}).setdefault(arms[row["arm"]], []).append(value)
            groups[row["sample"]] = row["group"] or ""
    whole = [sample for sample, drawn in scores.items() if len(drawn) == len(arms)]
    cases = (_case(run, sample, groups[sample], scores[sample]) for sample in sorted(whole, key=_number))
    return [case for case in cases if case is not None]


def _number(sample: int | str) -> tuple[int, str]:
    """Numbers in their order, and words in theirs."""
    return len(str(sample)), str(sample)


def _case(run: Run, sample: int | str, group: str, scores: Mapping[Cell, list[float]]) -> Case | None:
    plan = run.plan(sample)
    if plan is None:
        return None
    grid = rasterise(layout_of(plan))
    measures: dict[Measure, float] = {by: measured(grid, by) for by in MEASURES}
    return Case(str(sample), group, measures, {cell: mean(values) for cell, values in scores.items()})


def halves(cases: Sequence[Case]) -> Halves:
    """Every second prompt of each group, and the others."""
    fit, judge = list[Case](), list[Case]()
    for group in sorted({case.group for case in cases}):
        alike = [case for case in cases if case.group == group]
        fit += alike[::2]
        judge += alike[1::2]
    return fit, judge


def own_cell(run: Run) -> Cell:
    """The cell with the model's own settings. Raises `UserError` where the grid has none."""
    first = run.told["arms"][0]["name"]
    own = next((cell for cell, arm in cells_of(run.told).items() if arm == first), None)
    if own is None:
        raise UserError("the grid lacks the model's own settings: give its β, T and B among the others")
    return own


def report(run: Run, metric: str) -> tuple[Choice, str]:
    """What is chosen, and how it does on the prompts that it was not fitted to, as Markdown.

    Raises `UserError` where there are too few prompts.
    """
    own, cases = own_cell(run), cases_of(run, metric)
    fit, judge = halves(cases)
    if len(fit) < 2 or not judge:
        raise UserError(f"{len(cases)} prompts that every setting has drawn are too few to be halved")
    choice, left_out = choose(fit, own)
    lines = [
        f"{metric}: fitted to {len(fit)} prompts, judged by {len(judge)} others.\n",
        *_chosen(choice),
        "",
        *_forms(left_out, run, metric),
        "",
        *_judged(choice, judge, own, (metric, _metric(run, metric))),
    ]
    return choice, "\n".join(lines) + "\n"


def whole(run: Run, metric: str) -> tuple[Choice, str]:
    """What is chosen by all prompts, as Markdown. Raises `UserError` where there are too few."""
    cases = cases_of(run, metric)
    if len(cases) < 2:
        raise UserError(f"{len(cases)} prompts that every setting has drawn are too few to be fitted to")
    choice, left_out = choose(cases, own_cell(run))
    lines = [
        f"{metric}: fitted to {len(cases)} prompts.\n",
        *_chosen(choice),
        "",
        *_forms(left_out, run, metric),
    ]
    return choice, "\n".join(lines) + "\n"


def _chosen(choice: Choice) -> Iterator[str]:
    yield line([f"{choice.by}, up to", "β", "T"])
    yield line(["---"] * 3)
    for part in choice.parts:
        end = "all others" if part.up_to is None else f"{part.up_to:.3g}"
        yield line([end, f"{part.cell.base_ratio:g}", str(part.cell.inject_steps)])


def _metric(run: Run, name: str) -> Metric:
    return dict(scored(run.told["scorers"]))[name]


def _forms(left_out: Mapping[Form, float], run: Run, metric: str) -> Iterator[str]:
    yield line(["fitted form", "on each fitted prompt, left out of its fit"])
    yield line(["---"] * 2)
    for form, score in left_out.items():
        name = (
            f"{form.parts} parts by {form.by}"
            if form.parts > 1
            else ("own settings", "one setting")[form.parts]
        )
        share = _metric(run, metric).share
        yield line([name, f"{100 * score:.1f} %" if share else f"{score:.2f}"])


def _judged(choice: Choice, judge: Sequence[Case], own: Cell, metric: tuple[str, Metric]) -> Iterator[str]:
    """The other half by the benchmark's groups: the model's own settings, the choice, and every cell."""
    others = sorted(set(judge[0].scores) - {own}, key=lambda cell: cell.name)
    names = {own.name: f"{own.told} (its own)", **{cell.name: cell.told for cell in others}}
    rows = [row for case in judge for row in _rows(case, choice, metric[0])]
    told = figures_of(*metric, [own.name, AUTO, *(cell.name for cell in others)], rows)
    return by_group(told, names)


def _rows(case: Case, choice: Choice, metric: str) -> Iterator[Row]:
    """Rows of a prompt as a run has them, with its mean of all seeds; the choice is an arm too."""
    drawn = {cell.name: score for cell, score in case.scores.items()}
    for arm, score in {AUTO: case.scores[choice.cell(case)], **drawn}.items():
        group = case.group or None
        yield {"sample": case.id, "seed": 0, "group": group, "arm": arm, "scores": {metric: score}}


def auto_of(choice: Choice) -> Auto:
    """The choice as a model's card holds it."""
    parts = ((part.up_to, part.cell) for part in choice.parts)
    rules = (
        Rule(up_to=end, base_ratio=cell.base_ratio, inject_steps=cell.inject_steps) for end, cell in parts
    )
    return Auto(by=choice.by, rules=tuple(rules))


def write(folder: Path, auto: Auto) -> None:
    """Put the rules into the model's card. Raises `UserError` where the folder has none."""
    path = folder / DEFAULTS_FILE
    model_card(str(folder))
    card = json.loads(path.read_text("utf-8"))
    write_atomic(path, (json.dumps({**card, "auto": auto.model_dump()}, indent=2) + "\n").encode())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.ablation.fit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the --out folder of scenewright ablate")
    parser.add_argument(
        "--metric", help="what is to be as high as can be; the first scorer's first if left out"
    )
    told = "fit to all prompts: what comes of it is to be judged by another run then"
    parser.add_argument("--whole", action="store_true", help=told)
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="the model whose card gets the rules")
    given = parser.parse_args(arguments)
    try:
        (run,) = read_runs([given.run])
        metric = metrics_of(run.told["scorers"], [given.metric] if given.metric else [])[0]
        choice, told = (whole if given.whole else report)(run, metric)
        if given.write is not None:
            write(given.write, auto_of(choice))
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    sys.stdout.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
