"""What the API accepts for its types: a pair or a text for a size, dicts for settings and extras."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from planner.errors import UserError
from planner.faults import explain
from planner.plans import Size, read_size
from renderer.extras import NOTHING, Extras
from renderer.settings import Settings

T = TypeVar("T", bound=BaseModel)

SizeLike = Size | tuple[int, int] | str
"""A canvas: a `Size`, (width, height) in pixels, or "1280x768"."""

SettingsLike = Settings | Mapping[str, Any] | Literal["auto"]
"""`Settings`, their fields as a dict, or "auto"."""

ExtrasLike = Extras | Mapping[str, Any]
"""`Extras`, or their fields as a dict."""


def as_size(given: SizeLike | None) -> Size | None:
    """The size. Raises `UserError` for anything that is no size."""
    if given is None or isinstance(given, Size):
        return given
    if isinstance(given, str):
        return read_size(given)
    try:
        width, height = given
        return Size(width=width, height=height)
    except (TypeError, ValueError) as error:  # a ValidationError is a ValueError too
        raise UserError(
            f"{given!r}: should be (width, height), each a multiple of 16 from 64 to 8192, as (1280, 768)",
            "size",
        ) from error


def as_settings(given: SettingsLike | None) -> Settings:
    """The settings. Raises `UserError` that names the wrong field."""
    if given is None:
        return Settings()
    return Settings(auto=True) if given == "auto" else _as_model(Settings, given, "settings")


def as_extras(given: ExtrasLike | None) -> Extras:
    """The extras. Raises `UserError` that names the wrong field."""
    return NOTHING if given is None else _as_model(Extras, given, "extras")


def _as_model(kind: type[T], given: T | Mapping[str, Any] | str, name: str) -> T:
    if isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise UserError(f"{given!r}: should be {kind.__name__} or a dict of its fields", name)
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        raise UserError(explain(error), name) from error
