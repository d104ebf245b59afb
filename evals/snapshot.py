"""`python -m evals.snapshot FILE NAME=PATH …`: did a change of the code change what it makes?

The first call writes FILE; a call where FILE exists compares with it and prints what differs. A snapshot has
the plans of all prompts of the benchmarks NAME with their data at PATH (scene and account, not the wording of
notes), and what tiny-flux draws from five seeds, with regions and plain. Exit code 1 for a difference, 2 for
wrong input.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.benchmarks.registry import benchmark_named
from planner.errors import ScenewrightError, UserError
from planner.files import write_atomic
from renderer import generate, layout_of, load_model, make_plan, model_card, rasterise, render

PROMPT = (
    "A red heart in the top left, a blue ring to its right and a large green star in front of both, "
    "on a sandy ground under a dark sky."
)
SEEDS = range(5)


def plans(name: str, path: Path) -> dict[str, str]:
    """The digest of each prompt's plan; for a prompt that cannot be planned, the kind of its error."""
    digests = dict[str, str]()
    for sample in benchmark_named(name).samples(path):
        try:
            plan = make_plan(sample.prompt)
        except ScenewrightError as error:
            digests[f"{name} {sample.id}"] = type(error).__name__
            continue
        account = [span.model_dump() for span in plan.account or ()]
        digests[f"{name} {sample.id}"] = _digest(f"{plan.scene.model_dump_json()}{account}".encode())
    return digests


def pictures() -> dict[str, str]:
    """The digests of pixels and latents from each seed, with regions and plain."""
    card = model_card("tiny")
    model, digests = load_model(card), dict[str, str]()
    for seed in SEEDS:
        regional = generate(PROMPT, seed=seed, model=model)
        grid = rasterise(layout_of(regional.plan))
        plain = render(grid, model, card.recipe, seed, plain=True)
        for kind, drawn in (("regional", regional.rendering), ("plain", plain)):
            digests[f"{kind} picture, seed {seed}"] = _digest(drawn.image.tobytes())
            digests[f"{kind} latents, seed {seed}"] = _digest(drawn.latents.numpy().tobytes())
    return digests


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.snapshot", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="the snapshot, written where it is missing")
    parser.add_argument("data", nargs="*", metavar="NAME=PATH", help="a benchmark and its data")
    options = parser.parse_args(arguments)
    now = pictures()
    try:
        for named in options.data:
            name, equals, path = named.partition("=")
            if not equals:
                raise UserError(f"{named}: should be NAME=PATH, such as geneval=evaluation_metadata.jsonl")
            now |= plans(name, Path(path))
        if not options.file.exists():
            write_atomic(options.file, json.dumps(now, indent=0).encode())
            print(f"{len(now)} digests written")
            return 0
        before: dict[str, str] = json.loads(options.file.read_text("utf-8"))
    except (ScenewrightError, OSError, ValueError) as error:
        print(f"snapshot: {error}", file=sys.stderr)
        return 2
    differing = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
    for name in sorted(differing):
        print(f"differs: {name}")
    print(f"{len(now)} digests, {len(differing)} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
