"""The plan's JSON schema as a file, for whoever writes or checks plans with other programs."""

import json
from pathlib import Path

from planner.plans import PLAN_VERSION, Plan

PUBLISHED = Path(__file__).parent / f"plan-{PLAN_VERSION}.json"
"""The schema of this version; those of older ones stay beside it."""


def schema_text() -> str:
    """The schema that the types have now, as it should stand in `PUBLISHED`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
