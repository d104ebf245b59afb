"""How strongly regions act on the picture."""

from dataclasses import dataclass

from planner.errors import UserError


@dataclass(frozen=True)
class RegionalSettings:
    """The paper's four settings (arXiv 2411.02395), by default as in its authors' examples, and two more.

    `base_ratio` is β, the share of the base branch in an image token's attention output: 0 leaves the base
    branch out. `inject_steps` is T, the number of first steps with regions: 0 is plain FLUX; as many as
    there are steps, or more, is all of them. A block is masked where its index, double and single blocks
    counted apart from 0, is a multiple of `double_interval` or `single_interval`; in the others the
    regions' texts and the whole picture see one another.

    With `one_stream` the single blocks, as the double ones, have one image that both branches look at, where
    the paper carries a copy of it through them for the base branch: fewer tokens, and another result.

    `feather` softens borders: in masked blocks, image tokens within so many tokens of a border are drawn in
    part from the image tokens as far beyond it too (see `feather.border`). 0 leaves the paper's borders.

    Raises `UserError` for a value out of its range.
    """

    base_ratio: float = 0.2
    inject_steps: int = 10
    double_interval: int = 1
    single_interval: int = 1
    one_stream: bool = False
    feather: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.base_ratio <= 1:
            raise UserError(f"base_ratio is {self.base_ratio}: it must lie between 0 and 1")
        for name in ("inject_steps", "feather"):
            if getattr(self, name) < 0:
                raise UserError(f"{name} is {getattr(self, name)}: it must be 0 or more")
        for name in ("double_interval", "single_interval"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}: it must be 1 or more")
