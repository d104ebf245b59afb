"""Arms: the ways of drawing that a run compares."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from planner.errors import UserError
from planner.faults import explain
from renderer.cards import ModelCard
from renderer.settings import Settings

PLAIN, REGIONAL = "plain", "regional"


@dataclass(frozen=True)
class Arm:
    """A way of drawing: a name, whether the regions are left out, and wishes over the model's recipe."""

    name: str
    plain: bool
    settings: Settings

    def told(self) -> dict[str, object]:
        """As run.json holds it."""
        return {
            "name": self.name,
            "plain": self.plain,
            "settings": self.settings.model_dump(mode="json", exclude_none=True),
        }


def read_arm(text: str) -> Arm:
    """The arm that NAME, or NAME:setting=value,…, says; the settings are the fields of `Settings`.

    An arm called plain draws the whole prompt alone, any other by regions, unless `plain=…` says otherwise.
    Raises `UserError` that names the arm and the setting.
    """
    name, _, said = text.partition(":")
    if not re.fullmatch(r"[\w.-]{1,40}", name, re.ASCII) or name.startswith("."):
        raise UserError(f"--arm {text}: its name should be letters, digits, - and _, as it names a folder")
    wishes = dict(_wish(text, part) for part in said.split(",") if said)
    plain = wishes.pop("plain", str(name == PLAIN)).lower()
    if plain not in ("true", "false"):
        raise UserError(f"--arm {text}: plain: should be true or false")
    try:
        return Arm(name, plain == "true", Settings.model_validate(wishes))
    except ValidationError as error:
        raise UserError(f"--arm {text}: {explain(error)}") from error


def _wish(text: str, part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise UserError(f"--arm {text}: {part!r} should be setting=value")
    return name.strip(), value.strip()


def read_arms(texts: Sequence[str]) -> tuple[Arm, ...]:
    """All arms, the first of which the others are held against. Raises `UserError` where two share a name."""
    arms = tuple(map(read_arm, texts or (PLAIN, REGIONAL)))
    names = [arm.name for arm in arms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UserError(f"--arm {twice}: two arms have this name; every arm needs one of its own")
    return arms


def check_arms(arms: Sequence[Arm], card: ModelCard) -> None:
    """Raise `UserError` that names the arm whose settings contradict the model's recipe."""
    for arm in arms:
        try:
            card.check(arm.settings)
        except UserError as error:
            raise UserError(f"--arm {arm.name}: {error}") from error
