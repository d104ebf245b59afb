"""The program's entry: what is slow to import is imported within it, so that Ctrl-C is answered at once."""

import signal
import sys
from types import FrameType

INTERRUPTED = 130
"""128 + SIGINT, as shells count."""


class _Interrupt:
    """A handler of Ctrl-C that remembers it.

    A library may turn the KeyboardInterrupt into an error of its own, as pydantic does in a model.
    """

    pressed = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.pressed = True
        signal.default_int_handler(number, frame)


def main() -> int:
    """Run the command line of the process; returns the exit code."""
    interrupt = _Interrupt()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    try:
        from renderer.cli import main as run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception:
        if not interrupt.pressed:
            raise
        code = INTERRUPTED
    # typer answers a KeyboardInterrupt by the same code.
    if code == INTERRUPTED:
        sys.stderr.write("scenewright: interrupted\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
