"""Where pictures lie: an arm's folder is laid as GenEval's evaluator reads it (arXiv 2310.11513)."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from evals.benchmarks.samples import Sample
from planner.files import write_atomic

METADATA = "metadata.jsonl"


def picture_place(arm: str, number: int, take: int) -> str:
    """Where the picture of an arm, a prompt (by its place in the benchmark) and a seed's place lies."""
    return f"{arm}/{number:05}/samples/{take:04}.png"


def keep_picture(out: Path, place: str, sample: Sample[Any], png: bytes) -> None:
    """Write the picture, and beside it what the benchmark says of its prompt; whole or not at all."""
    path = out / place
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = path.parents[1] / METADATA
    if not metadata.exists():
        write_atomic(metadata, (json.dumps(metadata_of(sample), ensure_ascii=False) + "\n").encode())
    write_atomic(path, png)


def metadata_of(sample: Sample[Any]) -> dict[str, Any]:
    """The prompt with its id, and the upstream record where the benchmark has one."""
    facts = sample.facts
    record = (
        facts.model_dump(mode="json", by_alias=True, exclude_none=True)
        if isinstance(facts, BaseModel)
        else {}
    )
    return {"id": sample.id, "prompt": sample.prompt, **record}
