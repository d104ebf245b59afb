"""`python -m evals.parity DIRECTORY`: does the renderer compute the same as the paper's own code?

DIRECTORY holds golden files. Prints a line for each case with the relative differences ‖out − ref‖ /
‖ref‖ of the first prediction, the last prediction and the final latents. Exit code 1 if one exceeds 1e-5,
2 for a directory that cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.oracle.golden import read_golden
from evals.oracle.parity import compare
from planner.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare every case of a directory; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.parity", description=__doc__)
    parser.add_argument("directory", type=Path, help="a directory of golden files")
    directory: Path = parser.parse_args(arguments).directory
    try:
        transformer, cases = read_golden(directory)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    passed = True
    for case in cases:
        result = compare(transformer, case)
        print(result, flush=True)
        passed = passed and result.passed
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
