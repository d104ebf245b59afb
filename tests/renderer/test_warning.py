"""Warnings go to the receiver of the thread that draws, and else through Python's own."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from renderer.warning import warn, warnings_to


def test_each_thread_gets_its_own_warnings() -> None:
    together = Barrier(2, timeout=10)

    def draw(name: str) -> list[str]:
        received = list[str]()
        with warnings_to(received.append):
            together.wait()
            warn(f"{name}: cut off")
            together.wait()
        return received

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(draw, ["one", "two"])) == [["one: cut off"], ["two: cut off"]]


def test_without_a_receiver_they_are_pythons_and_name_the_caller() -> None:
    with warnings_to(lambda _: None):
        pass
    with pytest.warns(UserWarning, match="cut off") as caught:
        warn("cut off")
    assert caught[0].filename == __file__
