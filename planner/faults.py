"""What is wrong with data from outside, in one line: the field, the fault, and what would be right."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from planner.scene import WHERE_KINDS

_COORDINATES = ("x", "y", "x0", "y0", "x1", "y1")


def explain(error: ValidationError) -> str:
    """The first fault as `scene.regions[2].where.x1: …`, and how many more there are."""
    # An unknown field says more than a missing one: it is often the same field misspelt.
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    location = details[0]["loc"]
    path = ""
    for before, step in zip((None, *location), location, strict=False):
        if isinstance(step, int):
            path += f"[{step}]"
        # pydantic puts the kind of shape after `where`, which nobody writes.
        elif not (before == "where" and step in WHERE_KINDS):
            path += f".{step}" if path else step
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return f"{path}: {_describe(details[0])}{more}" if path else f"{_describe(details[0])}{more}"


def _describe(detail: ErrorDetails) -> str:
    given, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "is missing"
        case "value_error":
            return str(context["error"])
        case "greater_than_equal" | "less_than_equal" if detail["loc"][-1] in _COORDINATES:
            return f"{given} is off the canvas, which goes from 0 to 1000"
        case _:
            message = detail["msg"][:1].lower() + detail["msg"][1:]
            if isinstance(given, dict | list):
                return message
            text = repr(given)
            return f"{text if len(text) <= 60 else f'{text[:57]}...'} is wrong: {message}"
