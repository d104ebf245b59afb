"""A method of a transformer in place of its own, where diffusers leaves no module to hook."""

from collections.abc import Callable
from functools import partial
from typing import Any


class Replaced:
    """The method `name` of a module, replaced until `remove`: `method` is called with the stock one and then
    with what that would be called with.
    """

    def __init__(self, module: Any, name: str, method: Callable[..., Any]) -> None:
        # A compiled transformer is a shell around the module that has the method.
        module = getattr(module, "_orig_mod", module)
        stock = getattr(module, name)
        self._own, self._name = vars(module), name
        self._before = {key: value for key, value in self._own.items() if key == name}
        self._own[name] = partial(method, stock)

    def remove(self) -> None:
        """Put back what was there."""
        del self._own[self._name]
        self._own.update(self._before)
