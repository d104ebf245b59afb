"""Pictures that carry what made them."""

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
    """What a picture is drawn again from: plan, settings, seed, model, what joined, and the versions."""
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
        raise UserError(f"-o {path}: the file's name should end in {' or '.join(endings)}")
    _try_writing(path.parent, f".{path.name}.", f"-o {path}")
    if path.is_dir():
        raise UserError(f"-o {path}: is a folder; give a file's name")


def check_folder(path: Path) -> None:
    """Raise `UserError` before any work where `path` is no folder that can be written, nor can become one."""
    # The folder itself is made when there is something to put into it.
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise UserError(f"--masks {path}: {there} is a file; give a folder's name")
    _try_writing(there, ".", f"--masks {path}")


def _try_writing(folder: Path, prefix: str, what: str) -> None:
    try:
        with NamedTemporaryFile(dir=folder, prefix=prefix):
            pass
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UserError(f"{what}: cannot be written ({reason})") from error
