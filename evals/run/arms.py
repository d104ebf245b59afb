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
    """A way of drawing: a name, whether regions are left out, and settings over the model's recipe."""

    name: str
    plain: bool
    settings: Settings

    def record(self) -> dict[str, object]:
        """Its entry in run.json."""
        return {
            "name": self.name,
            "plain": self.plain,
            "settings": self.settings.model_dump(mode="json", exclude_none=True),
        }


def read_arm(text: str) -> Arm:
    """The arm of NAME or NAME:setting=value,…; the settings are the fields of `Settings`.

    An arm called plain draws the whole prompt without regions, any other with them, unless `plain=…` says
    otherwise. Raises `UserError` that names the arm and the setting.
    """
    name, _, given = text.partition(":")
    if not re.fullmatch(r"[\w.-]{1,40}", name, re.ASCII) or name.startswith("."):
        raise UserError(f"{text}: its name should be letters, digits, - and _, as it names a folder", "arm")
    settings = dict[str, str]()
    for part in given.split(",") if given else ():
        setting, equals, value = map(str.strip, part.partition("="))
        if not (setting and equals and value):
            raise UserError(f"{text}: {part!r} should be setting=value", "arm")
        settings[setting] = value
    plain = settings.pop("plain", str(name == PLAIN)).lower()
    if plain not in ("true", "false"):
        raise UserError(f"{text}: plain: should be true or false", "arm")
    try:
        return Arm(name, plain == "true", Settings.model_validate(settings))
    except ValidationError as error:
        raise UserError(f"{text}: {explain(error)}", "arm") from error


def read_arms(texts: Sequence[str]) -> tuple[Arm, ...]:
    """All arms; the others are compared with the first. Raises `UserError` where two share a name."""
    arms = tuple(map(read_arm, texts or (PLAIN, REGIONAL)))
    names = [arm.name for arm in arms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UserError(f"{twice}: two arms have this name; every arm needs a name of its own", "arm")
    return arms


def check_arms(arms: Sequence[Arm], card: ModelCard) -> None:
    """Raise `UserError` that names the arm whose settings contradict the model's recipe."""
    for arm in arms:
        try:
            card.check(arm.settings)
        except UserError as error:
            raise UserError(f"{arm.name}: {error}", "arm") from error
