"""The built-in planner: a parser of English that finds things, their attributes, counts and places. It needs
no network.
"""

from planner.builtin.planner import BuiltinPlanner

__all__ = ["BuiltinPlanner"]
