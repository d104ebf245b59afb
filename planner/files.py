"""Plans as files: read with every fault named, and written completely or not at all."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from pydantic import JsonValue, TypeAdapter, ValidationError

from planner.account import account
from planner.errors import UserError
from planner.faults import explain
from planner.plans import PLAN_VERSION, Plan
from planner.scene import Mask, Region
from planner.shapes import DATA_URL, inline_mask, mask_pixels

RECORD = "scenewright"
"""The key of the text chunk in which a picture carries its record: JSON with at least `plan`."""

_OBJECT = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True)
class Record:
    """What a picture carries: its plan, and whatever else made it (settings, seed, model, versions)."""

    plan: Plan
    rest: Mapping[str, JsonValue]


def load_plan(path: Path | str) -> Plan:
    """The plan in a JSON file, or the one that a PNG picture carries.

    Its account is computed from its scene, and not read. Masks given as paths, relative to
    the file, are read and inlined. Raises `UserError` with one line that names the file and the
    field, for a missing file, wrong JSON, an unknown field, a wrong value, or a mask that does not fit.
    """
    return load_record(path).plan


def load_record(path: Path | str) -> Record:
    """The record of a file: the plan in a JSON file, with nothing beside it, or all that a picture carries.

    Raises `UserError` as `load_plan` does.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({_reason(error)})") from error
    except UnicodeDecodeError:
        return read_record(path)
    return Record(_plan(_parse(text, path), path), {})


def read_record(path: Path | str) -> Record:
    """The record that a picture carries. Raises `UserError` where it carries none, or a wrong one."""
    path = Path(path)
    try:
        with Image.open(path) as image:
            # Text chunks may stand after the pixels: without `load` they would not be seen.
            image.load()
            text = image.info.get(RECORD)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise UserError(f"{path}: is neither a plan (JSON) nor a picture that carries one (PNG)") from error
    if not isinstance(text, str):
        raise UserError(f"{path}: the picture carries no plan; pictures written by scenewright as PNG do")
    record = _parse(text, path)
    plan = record.get("plan")
    if not isinstance(plan, dict):
        raise UserError(f"{path}: the picture's record has no field plan, which should be an object")
    return Record(_plan(plan, path), {key: value for key, value in record.items() if key != "plan"})


def dump_plan(plan: Plan) -> str:
    """The plan as JSON, the same text for the same plan, with a newline at the end."""
    return json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def write_atomic(path: Path | str, content: bytes) -> None:
    """Write a file so that it is there completely or not at all; of a link its target, and the link stays.

    Raises `UserError` where it cannot be written.
    """
    path = Path(os.path.realpath(path)) if os.path.islink(path) else Path(path)  # noqa: PTH114 (never raises)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({_reason(error)})") from error
    finally:
        # Also after Ctrl-C; once it has replaced the file, the draft is not there any more.
        with suppress(OSError):
            draft.unlink()


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()


def _parse(text: str, path: Path) -> dict[str, JsonValue]:
    try:
        return _OBJECT.validate_python(json.loads(text))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UserError(f"{path}: is not JSON: {error.msg.lower()} at {place}") from error
    except RecursionError as error:
        raise UserError(f"{path}: is nested too deeply to be a plan") from error
    except ValidationError as error:
        raise UserError(f"{path}: should be a JSON object with version, size, scene and origin") from error


def _plan(data: dict[str, JsonValue], path: Path) -> Plan:
    """The plan in `data`, which may be of an older version; its account is computed, its masks inlined."""
    version = data.get("version", PLAN_VERSION)
    if version not in (1, 2, PLAN_VERSION):
        known = f"{PLAN_VERSION}, or 1 or 2 of older programs"
        raise UserError(f"{path}: version: {version!r} is not supported; it should be {known}")
    kept = {name: value for name, value in data.items() if name != "account"}
    if version == 1 and "notes" not in data:  # version 1 had its notes under `account`
        kept["notes"] = data.get("account", [])
    try:
        plan = Plan.model_validate_json(json.dumps({**kept, "version": PLAN_VERSION}))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error)}") from error
    regions: list[Region] = []
    for index, region in enumerate(plan.scene.regions):
        if not isinstance(region.where, Mask):
            regions.append(region)
            continue
        given = region.where.mask
        source = "the data URL" if given.startswith(DATA_URL) else given
        try:
            mask = _inlined(region.where, path.parent)
            mask_pixels(mask, plan.size)
        except UserError as error:
            raise UserError(f"{path}: scene.regions[{index}].where.mask: {source} {error}") from error
        regions.append(region.model_copy(update={"where": mask}))
    scene = plan.scene.model_copy(update={"regions": tuple(regions)})
    return plan.model_copy(update={"scene": scene, "account": account(scene)})


def _inlined(mask: Mask, folder: Path) -> Mask:
    if mask.mask.startswith(DATA_URL):
        return mask
    try:
        with Image.open(folder / mask.mask) as image:
            return inline_mask(image)
    except FileNotFoundError as error:
        raise UserError("is not there; the path is relative to the plan's file") from error
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise UserError("is no image that can be read; it should be a PNG of the canvas's size") from error
