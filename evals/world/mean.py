"""`python -m evals.world.mean FOLDER FOLDER … --out FOLDER`: the mean of the weights of exported pipelines.

For pipelines that went on from one another (Izmailov et al. 2018, arXiv 1803.05407): steps of few pictures
end a course near the best weights, each course on another side of them, and the mean lies between.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from planner.errors import UserError
from renderer.progress import in_options


def write_mean(folders: Sequence[Path], out: Path) -> None:
    """Write a pipeline folder as the first of `folders` is, but with the mean of the weights of all.

    Means are taken in single precision, and stored as the first folder's weights are. Raises `UserError` if
    `out` exists, if a folder has no weights, or where two don't hold the same ones; then nothing is written.
    """
    if out.exists():
        raise UserError(f"--out {out}: it exists; give a new folder")
    first, *others = folders
    names = [path.relative_to(first) for path in sorted(first.rglob("*.safetensors"))]
    if not names:
        raise UserError(f"{first}: it holds no weights (*.safetensors); give the folder of a pipeline")
    means = {name: _mean_file(first / name, [other / name for other in others]) for name in names}
    shutil.copytree(first, out)
    for name, weights in means.items():
        save_file(weights, out / name, metadata={"format": "pt"})


def _mean_file(first: Path, others: Sequence[Path]) -> dict[str, Tensor]:
    ours = load_file(first)
    theirs = [_alike(path, first, _shapes(ours)) for path in others]
    return {key: _mean([value, *(weights[key] for weights in theirs)]) for key, value in ours.items()}


def _alike(path: Path, first: Path, shapes: dict[str, torch.Size]) -> dict[str, Tensor]:
    """The weights of a file, which has the same ones as the first."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file, and there is {first}; give pipelines of one kind")
    weights = load_file(path)
    if _shapes(weights) != shapes:
        raise UserError(f"{path}: its weights differ from those of {first} in names or shapes")
    return weights


def _shapes(weights: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {key: value.shape for key, value in weights.items()}


def _mean(values: Sequence[Tensor]) -> Tensor:
    return torch.stack([value.float() for value in values]).mean(0).to(values[0].dtype)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and write the folder; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.world.mean", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a pipeline's")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    given = parser.parse_args(arguments)
    try:
        write_mean(given.folders, given.out)
    except UserError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
