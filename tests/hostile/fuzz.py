"""A seeded fuzzer: `python -m tests.hostile.fuzz --n 5000 --seed 0 [--results FILE]`.

It changes valid plans, pictures, replies of language models and run folders at random, and has the program
read them. Each must be taken or refused in one line. Exit code 1 where one gave a traceback, took too long,
or had a file, a host or a program touched that was not its own.
"""

import argparse
import os
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from shutil import rmtree

from evals.report.document import write_document
from evals.report.markdown import line
from planner.errors import ScenewrightError
from planner.planning import plan
from tests.hostile.audit import watching
from tests.hostile.campaign import TooSlowError, limited
from tests.hostile.inputs import mask_png
from tests.hostile.mutations import picture_bytes, plan_bytes, reply_bytes, write_run
from tests.hostile.readers import read_plan, read_reply, read_run

SECONDS = 5
"""After so long an input counts as timed out."""

SHOWN = 12
"""So many faults are printed on stderr."""

OUTCOMES = ("accepted", "refused", "tracebacks", "time-outs", "files touched")
FAULTS = OUTCOMES[2:]


def _plan(folder: Path, random: Random) -> Callable[[], None]:
    path = folder / "plan.json"
    path.write_bytes(plan_bytes(random))
    return lambda: read_plan(path)


def _picture(folder: Path, random: Random) -> Callable[[], None]:
    path = folder / "picture.png"
    path.write_bytes(picture_bytes(random))
    return lambda: read_plan(path)


def _reply(folder: Path, random: Random) -> Callable[[], None]:
    del folder
    body = reply_bytes(random)
    return lambda: read_reply(body)


def _run(folder: Path, random: Random) -> Callable[[], None]:
    write_run(folder / "run", random)
    return lambda: read_run(folder / "run")


KINDS: Mapping[str, Callable[[Path, Random], Callable[[], None]]] = {
    "plans": _plan,
    "pictures": _picture,
    "replies": _reply,
    "run folders": _run,
}
"""Each writes an input and returns what reads it."""


def fuzz(number: int, seed: int, base: Path, report: Callable[[str], None]) -> dict[str, Counter[str]]:
    """Try `number` inputs, of each kind in turn; returns the counts of outcomes by kind.

    `base` is an empty folder, which becomes the current one. `report` gets a line for each fault.
    """
    (base / "outside").mkdir()
    (base / "outside" / "mask.png").write_bytes(mask_png())
    counts = {kind: Counter[str]() for kind in KINDS}
    for index in range(number):
        kind = [*KINDS][index % len(KINDS)]
        folder = base / "here"
        folder.mkdir()
        os.chdir(folder)
        read = KINDS[kind](folder, Random(f"{seed}/{index}"))
        outcome, fault = _outcome(folder, read)
        counts[kind][outcome] += 1
        if outcome in FAULTS:
            report(f"{kind} {index}: {outcome}: {ascii(fault)[:300]}")
        os.chdir(base)
        rmtree(folder)
    return counts


def _outcome(folder: Path, read: Callable[[], None]) -> tuple[str, str]:
    """What became of an input, and what was wrong with that."""
    outcome, fault = "accepted", ""
    with watching(folder) as watch:
        try:
            with limited(SECONDS):
                read()
        except ScenewrightError as error:
            outcome, fault = "refused", str(error)
        except TooSlowError as error:
            outcome, fault = "time-outs", str(error)
        except (Exception, SystemExit) as error:  # whatever else it is, it would be a traceback
            outcome, fault = "tracebacks", f"{type(error).__name__}: {error}"
    return ("files touched", "; ".join(watch.touched)) if watch.touched else (outcome, fault)


def table(counts: Mapping[str, Counter[str]]) -> str:
    """The counts as Markdown."""
    lines = [line(["inputs", "n", *OUTCOMES]), line(["---"] * (len(OUTCOMES) + 2))]
    everything = sum(counts.values(), Counter[str]())
    for kind, found in (*counts.items(), ("all", everything)):
        lines.append(line([kind, str(found.total()), *(str(found[outcome]) for outcome in OUTCOMES)]))
    return "\n".join(lines) + "\n"


def _warm() -> None:
    """Import and load what the readers need late, so that no input is charged for it."""
    plan("a yellow star")
    for make in KINDS.values():
        with tempfile.TemporaryDirectory() as folder, suppress(Exception):
            make(Path(folder), Random(0))()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.fuzz", description=__doc__)
    parser.add_argument("--n", type=int, default=5000, help="number of inputs (default: 5000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the changes (default: 0)")
    parser.add_argument("--results", type=Path, metavar="FILE", help="a document for the counts")
    options = parser.parse_args(arguments)
    results = options.results and options.results.absolute()
    warnings.simplefilter("ignore")
    _warm()
    faults = list[str]()
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as base:
        try:
            counts = fuzz(options.n, options.seed, Path(base), faults.append)
        finally:
            os.chdir(before)
    for fault in faults[:SHOWN]:
        sys.stderr.write(f"{fault}\n")
    if len(faults) > SHOWN:
        sys.stderr.write(f"and {len(faults) - SHOWN} more\n")
    if results is None:
        sys.stdout.write(table(counts))
    else:
        command = f"`python -m tests.hostile.fuzz --n {options.n} --seed {options.seed} --results FILE`"
        facts = {
            "Command": command,
            "n": f"{options.n} inputs, each a valid one with some changes at random",
            "Limit": f"{SECONDS} seconds for each",
        }
        write_document(results, "Hostile inputs", facts, table(counts))
    return 1 if faults else 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
