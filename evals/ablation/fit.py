"""`python -m evals.ablation.fit RUN`: fit rules from layouts to settings on half of a grid's prompts.

RUN is the --out folder of `scenewright ablate`, finished or not. The rules are fitted to every second
prompt of each group. On the other prompts they, and every cell of the grid, are compared with the model's
own settings, over all prompts and in each group. Only prompts that were drawn with every setting count.
--write puts the rules into a model's scenewright.json, where `generate(settings="auto")` finds them.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

from evals.ablation.cells import Cell, cells_of
from evals.ablation.choosing import MEASURES, Case, Choice, choose
from evals.ablation.table import by_group, metric_names
from evals.report.markdown import line
from evals.report.runs import Run, read_runs
from evals.run.rows import Key, MetricRecord, PictureRow
from evals.run.summary import metric_summary
from planner.errors import ScenewrightError, UserError
from planner.files import write_atomic
from renderer.auto import Auto, Measure, Rule, measured
from renderer.cards import DEFAULTS_FILE, model_card
from renderer.grid import rasterise
from renderer.pipeline import layout_of
from renderer.progress import in_options

AUTO = "auto"
"""The arm of the choice in tables."""

Halves = tuple[list[Case], list[Case]]
"""Prompts to fit to, and prompts to judge by."""


def cases_of(run: Run, metric: str) -> list[Case]:
    """The prompts that every cell has a score of the metric for, in the benchmark's order.

    Cells with another B than the model's own are left out: a card chooses β and T.
    """
    interval = own_cell(run).interval
    arms = {arm: cell for cell, arm in cells_of(run.record).items() if cell.interval == interval}
    scores: dict[Key, dict[Cell, list[float]]] = {}
    groups: dict[Key, str] = {}
    for row in run.rows:
        value = row.scores.get(metric)
        if row.arm in arms and value is not None:
            scores.setdefault(row.sample, {}).setdefault(arms[row.arm], []).append(value)
            groups[row.sample] = row.group or ""
    cases = list[Case]()
    # Ids that are numbers come in their order, and texts in theirs.
    for sample in sorted(scores, key=lambda sample: (len(str(sample)), str(sample))):
        plan = run.plan(sample)
        if plan is not None and len(scores[sample]) == len(arms):
            grid = rasterise(layout_of(plan))
            measures: dict[Measure, float] = {by: measured(grid, by) for by in MEASURES}
            means = {cell: mean(values) for cell, values in scores[sample].items()}
            cases.append(Case(str(sample), groups[sample], measures, means))
    return cases


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
    first = run.record["arms"][0]["name"]
    own = next((cell for cell, arm in cells_of(run.record).items() if arm == first), None)
    if own is None:
        raise UserError("the grid lacks the model's own settings: give its β, T and B among the others")
    return own


def report(run: Run, metric: str) -> tuple[Choice, str]:
    """The choice fitted to one half of the prompts, and its scores on the other half, as Markdown.

    Raises `UserError` where there are too few prompts.
    """
    own, cases = own_cell(run), cases_of(run, metric)
    fit, judge = halves(cases)
    if len(fit) < 2 or not judge:
        raise UserError(f"{len(cases)} prompts that every setting has drawn are too few to be halved")
    kind = next(known for known in run.metrics if known.name == metric)
    choice, text = _fitted(fit, own, kind)
    compared = _compared(choice, judge, own, kind)
    lines = [
        f"{metric}: fitted to {len(fit)} prompts, judged by {len(judge)} others.\n",
        *text,
        "",
        *compared,
    ]
    return choice, "\n".join(lines) + "\n"


def report_all(run: Run, metric: str) -> tuple[Choice, str]:
    """The choice fitted to all prompts, as Markdown. Raises `UserError` where there are too few."""
    cases = cases_of(run, metric)
    if len(cases) < 2:
        raise UserError(f"{len(cases)} prompts that every setting has drawn are too few to be fitted to")
    kind = next(known for known in run.metrics if known.name == metric)
    choice, text = _fitted(cases, own_cell(run), kind)
    return choice, "\n".join([f"{metric}: fitted to {len(cases)} prompts.\n", *text]) + "\n"


def _fitted(cases: Sequence[Case], own: Cell, metric: MetricRecord) -> tuple[Choice, list[str]]:
    """The choice, a table of its parts, and one of each form's score on prompts left out of its fit."""
    choice, left_out = choose(cases, own)
    lines = [line([f"{choice.by}, up to", "β", "T"]), line(["---"] * 3)]
    for part in choice.parts:
        end = "all others" if part.up_to is None else f"{part.up_to:.3g}"
        lines.append(line([end, f"{part.cell.base_ratio:g}", str(part.cell.inject_steps)]))
    lines += ["", line(["fitted form", "score on each prompt, left out of the fit"]), line(["---"] * 2)]
    for form, score in left_out.items():
        name = ("own settings", "one setting", f"{form.parts} parts by {form.by}")[min(form.parts, 2)]
        lines.append(line([name, f"{100 * score:.1f} %" if metric.share else f"{score:.2f}"]))
    return choice, lines


def _compared(choice: Choice, judge: Sequence[Case], own: Cell, metric: MetricRecord) -> Iterator[str]:
    """The scores of own settings, choice and cells on prompts that nothing was fitted to, by group."""
    others = sorted(set(judge[0].scores) - {own}, key=lambda cell: cell.name)
    titles = {own.name: f"{own.title} (its own)", **{cell.name: cell.title for cell in others}}
    rows = list[PictureRow]()
    for case in judge:
        # A row for each arm, the choice among them, with the mean over all seeds.
        arms = {
            AUTO: case.scores[choice.cell(case)],
            **{cell.name: score for cell, score in case.scores.items()},
        }
        rows += [
            PictureRow(
                id=f"{case.id}/{arm}", sample=case.id, prompt="", group=case.group or None, arm=arm, seed=0,
                scores={metric.name: score},
            )
            for arm, score in arms.items()
        ]  # fmt: skip
    arms = [own.name, AUTO, *(cell.name for cell in others)]
    return by_group(metric_summary(metric, arms, rows), titles)


def auto_of(choice: Choice) -> Auto:
    """The choice in the form of a model's card."""
    rules = (
        Rule(up_to=part.up_to, base_ratio=part.cell.base_ratio, inject_steps=part.cell.inject_steps)
        for part in choice.parts
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
    parser.add_argument("--metric", help="the metric to raise (default: the first scorer's first)")
    parser.add_argument(
        "--whole", action="store_true", help="fit to all prompts, to be judged by another run"
    )
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="the model whose card gets the rules")
    given = parser.parse_args(arguments)
    try:
        (run,) = read_runs([given.run])
        metric = metric_names(run.metrics, [given.metric] if given.metric else [])[0]
        choice, text = (report_all if given.whole else report)(run, metric)
        if given.write is not None:
            write(given.write, auto_of(choice))
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
