"""The program's entry: what is slow to import is imported within it, so that Ctrl-C is answered at once."""

import sys

INTERRUPTED = 130
"""128 + SIGINT, as shells count."""


def main() -> int:
    """Run the command line of the process; returns the exit code."""
    code = _run()
    if code == INTERRUPTED:
        sys.stderr.write("scenewright: interrupted\n")
    return code


def _run() -> int:
    try:
        from renderer.cli import main as run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
