"""Which profile suits a model, found out once and remembered."""

from typing import get_args

from planner.caches import cache_folder
from planner.chat.memory import recall, remember
from prompts import Profile

_FILE = "profiles-by-plans.json"
"""Not the file of older programs, whose checks sound plans failed."""


def recall_profile(endpoint: str) -> Profile | None:
    """The profile that is known to suit an endpoint's model, if any is."""
    known = recall(cache_folder() / _FILE, endpoint)
    return next((profile for profile in get_args(Profile) if profile == known), None)


def remember_profile(endpoint: str, profile: Profile) -> None:
    """Note the profile that suits an endpoint's model."""
    remember(cache_folder() / _FILE, endpoint, profile)
