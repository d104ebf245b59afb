"""What is wrong with data from outside, in one line: the field, the fault, and what would be right."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from planner.scene import WHERE_KINDS

UNKNOWN_FIELD = "extra_forbidden"


def explain(error: ValidationError) -> str:
    """The first fault as `scene.regions[2].where.x1: …`, and how many there are beside it."""
    # A field that is unknown is often the misspelt twin of one that is missing: it tells more.
    details = sorted(error.errors(), key=lambda detail: detail["type"] != UNKNOWN_FIELD)
    first = details[0]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    field = field_path(first["loc"])
    return f"{field}: {_fault(first)}{more}" if field else f"{_fault(first)}{more}"


def field_path(location: tuple[int | str, ...]) -> str:
    """A location as people write it, without the kind of shape that pydantic puts after `where`."""
    path = ""
    for before, step in zip((None, *location), location, strict=False):
        if isinstance(step, int):
            path += f"[{step}]"
        elif not (before == "where" and step in WHERE_KINDS):
            path += f".{step}" if path else step
    return path


def _fault(detail: ErrorDetails) -> str:
    given, bounds = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "is missing"
        case "value_error":
            return str(bounds["error"])
        case "greater_than_equal" | "less_than_equal" if detail["loc"][-1] in _COORDINATES:
            return f"{given} is off the canvas, which goes from 0 to 1000"
        case _:
            shown = "" if isinstance(given, dict | list) else f"{_short(given)} is wrong: "
            return f"{shown}{_lower(detail['msg'])}"


_COORDINATES = ("x", "y", "x0", "y0", "x1", "y1")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
