"""Training's record: losses over steps and the time taken, as JSON lines."""

import json
import time
from pathlib import Path

from torch import Tensor


class Curve:
    """Means of losses over `every` steps, printed and appended to a file.

    Seconds count from the start of this run.
    """

    def __init__(self, path: Path, every: int = 100) -> None:
        self.path, self.every = path, every
        self._sums: dict[str, Tensor] = {}
        self._count, self._start = 0, time.monotonic()

    def add(self, step: int, **values: Tensor) -> None:
        """Take one step's values, scalars on any device; they are read only when a line is due."""
        for name, value in values.items():
            loss = value.detach().float()
            self._sums[name] = self._sums[name] + loss if name in self._sums else loss
        self._count += 1
        if (step + 1) % self.every:
            return
        means = {name: round(float(total) / self._count, 5) for name, total in self._sums.items()}
        line = json.dumps({"step": step + 1, **means, "seconds": round(time.monotonic() - self._start, 1)})
        print(f"{self.path.stem}: {line}", flush=True)
        with self.path.open("a") as file:
            file.write(line + "\n")
        self._sums.clear()
        self._count = 0
