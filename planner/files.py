"""Plans as files: read with every fault named, and written completely or not at all."""

import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from planner.account import account
from planner.bounded import (
    MEGABYTE,
    PICTURE_BYTES,
    PLAN_BYTES,
    UnreadableError,
    WrongSizeError,
    decode_picture,
    parse_json,
    read_file,
)
from planner.errors import UserError
from planner.faults import explain
from planner.plans import PLAN_VERSION, Plan, Size
from planner.scene import MAX_REGIONS, Mask, Region
from planner.shapes import DATA_URL, inline_mask, mask_pixels

RECORD = "scenewright"
"""The key of the text chunk in which a picture carries its record: JSON with at least `plan`."""

_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control characters that JSON does not escape by itself, separators of lines, and marks of direction."""

MAX_RELATIONS = 1000
MAX_NOTES = 1000


@dataclass(frozen=True)
class Record:
    """What a picture carries: its plan, and whatever else made it (settings, seed, model, versions)."""

    plan: Plan
    rest: Mapping[str, JsonValue]


def load_plan(path: Path | str) -> Plan:
    """The plan in a JSON file, or the one that a PNG picture carries.

    Its account is computed from its scene, and not read. Masks given as paths, relative to a JSON file and
    within its folder, are read and inlined. Raises `UserError` with one line that names the file and the
    field, for a missing file, wrong JSON, an unknown field, a wrong value, or a mask that does not fit.
    """
    return load_record(path).plan


def load_record(path: Path | str) -> Record:
    """The record of a file: the plan in a JSON file, with nothing beside it, or all that a picture carries.

    Raises `UserError` as `load_plan` does.
    """
    path = Path(path)
    content = read_file(path, PICTURE_BYTES)
    try:
        text = content[:PLAN_BYTES].decode("utf-8-sig")
    except UnicodeDecodeError:
        return read_record(path, content)
    if len(content) > PLAN_BYTES:
        raise UserError(f"{path}: is larger than {PLAN_BYTES // MEGABYTE} MB, which no plan is")
    return Record(_plan(_parse(text, path), path, path.parent), {})


def read_record(path: Path | str, content: bytes | None = None) -> Record:
    """The record that a picture carries. Raises `UserError` where it carries none, or a wrong one.

    A picture comes from anywhere, so its plan can't name files: masks are data URLs in it.
    """
    path = Path(path)
    try:
        image = decode_picture(read_file(path, PICTURE_BYTES) if content is None else content)
    except UserError as error:
        raise UserError(
            f"{path}: is neither a plan (JSON) nor a picture that carries one (PNG): it {error.text}"
        ) from error
    text = image.info.get(RECORD)
    if not isinstance(text, str):
        raise UserError(f"{path}: the picture carries no plan; pictures written by scenewright as PNG do")
    record = _parse(text, path)
    plan = record.get("plan")
    if not isinstance(plan, dict):
        raise UserError(f"{path}: the picture's record has no field plan, which should be an object")
    return Record(_plan(plan, path, None), {key: value for key, value in record.items() if key != "plan"})


def dump_plan(plan: Plan) -> str:
    """The plan as JSON, the same text for the same plan, with a newline at the end.

    Characters that a terminal or an editor obeys are escaped, as JSON allows.
    """
    text = json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def write_atomic(path: Path | str, content: bytes) -> None:
    """Write a file so that it is there completely or not at all, also after a crash of the machine.

    A link stays a link to the written file. A device or a pipe is written to, and not replaced. Raises
    `UserError` where it cannot be written.
    """
    path = Path(path)
    target = Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114 (never raises)
    draft, made = target.with_name(f".{target.name[:80]}.{secrets.token_hex(8)}.part"), False
    try:
        if target.is_symlink():
            raise OSError(errno.ELOOP, "its links lead in a circle")
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            # A pipe that nobody reads would block.
            descriptor = os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
            if os.name == "posix":
                os.set_blocking(descriptor, True)
            _write_all(descriptor, content)
            return
        # Exclusively: a link that somebody planted under this name is not followed.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        made = True
        _write_all(descriptor, content)
        if mode is not None:
            draft.chmod(stat.S_IMODE(mode))
        draft.replace(target)
        _sync_folder(target.parent)
    except (OSError, ValueError) as error:  # ValueError: a path with NUL
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{path}: cannot be written ({(reason or 'unknown reason').lower()})") from error
    finally:
        # Also after Ctrl-C; once it has replaced the file, the draft is not there any more.
        if made:
            with suppress(OSError):
                draft.unlink()


def _write_all(descriptor: int, content: bytes) -> None:
    """Write to a descriptor, down to the disk if it is a file's, and close it."""
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Bring a new name in a folder down to the disk, on systems that can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _parse(content: str | bytes, path: Path) -> dict[str, JsonValue]:
    try:
        value = parse_json(content)
    except UserError as error:
        raise UserError(f"{path}: {error.text}") from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: should be a JSON object with version, size, scene and origin")
    return value


def _plan(data: dict[str, JsonValue], path: Path, folder: Path | None) -> Plan:
    """The plan in `data`, which may be of an older version; its account is computed, its masks inlined.

    Masks by path are read within `folder`, and refused where that is None.
    """
    version = data.get("version", PLAN_VERSION)
    if version not in (1, 2, PLAN_VERSION):
        known = f"{PLAN_VERSION}, or 1 or 2 of older programs"
        raise UserError(f"{path}: version: {repr(version)[:40]} is not supported; it should be {known}")
    _check_counts(data, path)
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
        source = "the data URL" if given.startswith(DATA_URL) else given[:200]
        try:
            mask = _inlined(region.where, folder, plan.size)
            mask_pixels(mask, plan.size)
        except UserError as error:
            raise UserError(f"{path}: scene.regions[{index}].where.mask: {source} {error}") from error
        regions.append(region.model_copy(update={"where": mask}))
    scene = plan.scene.model_copy(update={"regions": tuple(regions)})
    return plan.model_copy(update={"scene": scene, "account": account(scene)})


def _check_counts(data: dict[str, JsonValue], path: Path) -> None:
    """Raise `UserError` for lists that are too long, before their entries are validated."""
    scene = data.get("scene")
    lists = {"notes": (data.get("notes"), MAX_NOTES)}
    if isinstance(scene, dict):
        lists["scene.regions"] = (scene.get("regions"), MAX_REGIONS)
        lists["scene.relations"] = (scene.get("relations"), MAX_RELATIONS)
        lists["scene.absent"] = (scene.get("absent"), MAX_NOTES)
    for name, (values, most) in lists.items():
        if isinstance(values, list) and len(values) > most:
            raise UserError(f"{path}: {name}: has {len(values):,} entries: at most {most:,} are read")


def _inlined(mask: Mask, folder: Path | None, size: Size) -> Mask:
    if mask.mask.startswith(DATA_URL):
        return mask
    if folder is None:
        raise UserError("is a file's path, which only a plan in a JSON file may have")
    if Path(mask.mask).is_absolute():
        raise UserError(
            "is outside of the plan's folder or absolute; give a path relative to the plan's file"
        )
    try:
        file = (folder / mask.mask).resolve()
        exists = file.exists()
    except (OSError, ValueError, RuntimeError) as error:  # NUL, too long, or links in a circle
        raise UserError("is no path") from error
    if not file.is_relative_to(folder.resolve()):
        raise UserError("is outside of the plan's folder; put the mask beside the plan")
    if not exists:
        raise UserError("is not there; the path is relative to the plan's file")
    try:
        image = decode_picture(read_file(file, PICTURE_BYTES), (size.width, size.height))
    except WrongSizeError:
        raise
    except UnreadableError as error:
        raise UserError(f"is no mask that can be read ({error.reason})") from error
    except UserError as error:
        raise UserError(f"is no mask that can be read: it {error.text}") from error
    return inline_mask(image)
