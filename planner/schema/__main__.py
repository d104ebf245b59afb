"""`python -m planner.schema` writes the schema of the plans that this program reads."""

import sys

from planner.schema import PUBLISHED, schema_text

PUBLISHED.write_text(schema_text(), "utf-8")
sys.stdout.write(f"{PUBLISHED}\n")
