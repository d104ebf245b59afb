"""Pictures that carry the record of how they were drawn."""

import io
import json
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from PIL import Image, PngImagePlugin
from pydantic import JsonValue

from planner.errors import UserError
from planner.files import RECORD
from planner.plans import Plan
from renderer.extras import NOTHING, Extras
from renderer.settings import Recipe

VERSIONED = ("scenewright", "torch", "diffusers", "transformers")


def picture_record(
    plan: Plan, recipe: Recipe, seed: int, model: str, extras: Extras = NOTHING
) -> dict[str, JsonValue]:
    """What draws a picture again: plan, settings, seed, model, extras, and the versions of libraries."""
    return {
        "plan": plan.model_dump(mode="json"),
        "settings": recipe.model_dump(mode="json"),
        "seed": seed,
        "model": model,
        **({"extras": extras.model_dump(mode="json")} if extras != NOTHING else {}),
        "versions": {name: version(name) for name in VERSIONED},
    }


def png_bytes(image: Image.Image, record: dict[str, JsonValue] | None = None) -> bytes:
    """The picture as PNG, with its record in a text chunk."""
    chunks = PngImagePlugin.PngInfo()
    if record is not None:
        chunks.add_itxt(RECORD, json.dumps(record, ensure_ascii=False))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def check_file(path: Path, endings: tuple[str, ...]) -> None:
    """Raise `UserError` before any work where `path` can't be written or ends in none of `endings`."""
    if path.suffix.lower() not in endings:
        raise UserError(f"{path}: the file's name should end in {' or '.join(endings)}", "output")
    _try_writing(path.parent, f".{path.name}.", path, "output")
    if path.is_dir():
        raise UserError(f"{path}: is a folder; give a file's name", "output")


def check_folder(path: Path) -> None:
    """Raise `UserError` before any work where `path` is no folder that can be written, nor can become one."""
    # The folder itself is made when there is something to put into it.
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise UserError(f"{path}: {there} is a file; give a folder's name", "masks")
    _try_writing(there, ".", path, "masks")


def _try_writing(folder: Path, prefix: str, path: Path, field: str) -> None:
    try:
        with NamedTemporaryFile(dir=folder, prefix=prefix):
            pass
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UserError(f"{path}: cannot be written ({reason})", field) from error
