"""An audit hook that records which files, hosts and programs are touched beyond what is allowed.

A hook cannot be removed from a process, so one is installed, and it does nothing outside `watching`.
"""

import os
import stat
import sys
import sysconfig
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).parents[2]

_SOURCES = tuple(str(ROOT / name) for name in ("prompts", "planner", "renderer", "evals", "tests"))
_LIBRARIES = (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())
_SYSTEM = (
    *("/proc", "/sys", "/dev/null", "/dev/urandom", "/dev/shm"),  # noqa: S108 (only read)
    *("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/zoneinfo", "/etc/fonts", "/etc/localtime"),
    # The cores that a container may use are looked up by threads pools.
    *("/etc/os-release", "/usr/lib/os-release"),
)
READABLE = tuple(os.path.realpath(path) for path in (*_SOURCES, *_LIBRARIES, *_SYSTEM))

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.mkdir": 1,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.chown": 1,
    "os.utime": 1,
    "shutil.rmtree": 1,
}
"""Events that change files, with the number of paths that come first among their arguments."""

_PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"}
_NETWORK = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"}
_TERMINAL = {"/dev/tty", "/dev/stdout", "/dev/stderr"}


class BlockedError(Exception):
    """What the hook raises where an event would do harm or never end; it is recorded too."""


@dataclass
class Watch:
    """What is allowed while it is on, and what was touched beyond that."""

    folder: str
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    network: bool = False
    touched: list[str] = field(default_factory=list[str])

    def may(self, path: str, writes: bool) -> bool:
        """Whether this resolved path may be opened or changed."""
        if _within(path, (self.folder, "/dev/null", *self.writable)):
            return True
        # Python writes its own byte code beside the sources.
        if writes and "__pycache__" not in path:
            return False
        return _within(path, (*READABLE, *self.readable))


_current: Watch | None = None
_is_installed = False


@contextmanager
def watching(
    folder: Path,
    readable: tuple[str, ...] = (),
    writable: tuple[str, ...] = (),
    programs: tuple[str, ...] = (),
    network: bool = False,
) -> Generator[Watch, None, None]:
    """Within it, what is touched outside `folder` and the program's own files is recorded.

    `readable`, `writable` and `programs` are further ones that a case names. No code of `folder` may run.
    """
    global _current, _is_installed  # noqa: PLW0603 (a hook is one for the process)
    if not _is_installed:
        sys.addaudithook(_hook)
        _is_installed = True
    watch = Watch(os.path.realpath(folder), readable, writable, programs, network)
    _current = watch
    try:
        yield watch
    finally:
        _current = None


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    watch = _current
    if watch is None:
        return
    if event == "open":
        _check_open(watch, *arguments[:3])
    elif event == "exec" and isinstance(code := arguments[0], CodeType):
        # Libraries run code that they made, as "<string>".
        if not code.co_filename.startswith("<") and _within(
            _resolved(code.co_filename) or "", (watch.folder,)
        ):
            _block(watch, f"runs {code.co_filename}")
    elif event in _CHANGES:
        for given in arguments[: _CHANGES[event]]:
            path = _resolved(given, follow=event not in {"os.remove", "os.rename", "os.link", "os.symlink"})
            # A link may point anywhere: only where it stands is checked.
            if (
                path
                and not watch.may(path, writes=True)
                and not (event == "os.symlink" and given is arguments[0])
            ):
                _block(watch, f"{event} {path}")
    elif event in _PROGRAMS and arguments[0] not in watch.programs:
        _block(watch, f"{event} {arguments[0]!r}")
    elif event in _NETWORK and not watch.network and not _is_local(arguments):
        _block(watch, f"{event} {arguments[1:]!r}")


def _check_open(watch: Watch, given: object, mode: object, flags: object) -> None:
    path = _resolved(given)
    if path is None or path in _TERMINAL:
        return
    bits = flags if isinstance(flags, int) else 0
    writes = bool(bits & _WRITING) or (isinstance(mode, str) and any(letter in mode for letter in "wax+"))
    if not watch.may(path, writes):
        named = f"{'writes' if writes else 'reads'} {path}"
        if writes:
            _block(watch, named)
        watch.touched.append(named)
    if not writes and not bits & getattr(os, "O_NONBLOCK", 0) and _is_endless(path):
        _block(watch, f"waits for {path}")


def _block(watch: Watch, text: str) -> None:
    watch.touched.append(text)
    raise BlockedError(text)


def _resolved(given: object, follow: bool = True) -> str | None:
    """The resolved path; None for a descriptor and for what is no path."""
    if not isinstance(given, str | bytes | os.PathLike):
        return None
    try:
        path = os.fsdecode(given)  # pyright: ignore[reportArgumentType]
        if follow:
            return os.path.realpath(path)
        folder, name = os.path.split(path.rstrip(os.sep))
        return f"{os.path.realpath(folder)}{os.sep}{name}"
    except ValueError:
        return None


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}{os.sep}") for folder in folders)


def _is_endless(path: str) -> bool:
    """Whether the file is a pipe or a device, which may never end."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)) and path not in {"/dev/null", "/dev/urandom"}


def _is_local(arguments: tuple[object, ...]) -> bool:
    """Whether a socket is one of this machine's own, as event loops make them."""
    return len(arguments) > 1 and isinstance(arguments[1], str | bytes)
