"""The program's readers of what others made, as functions from bytes or a folder to whether it was taken.

They raise `ScenewrightError` for what they refuse, and anything else is a fault.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from evals.report.markdown import markdown
from evals.report.page import page
from evals.report.runs import read_runs
from planner.chat.answer import read as read_answer
from planner.chat.capabilities import Capabilities
from planner.chat.requests import Completion
from planner.errors import UserError
from planner.files import dump_plan
from planner.llm.checks import find_emptiness, find_faults
from planner.llm.reading import read as read_scene
from planner.llm.reply import SceneReply, small_form
from renderer.job import job_of
from renderer.options import Options
from renderer.pipeline import layout_of, settle

PROMPT = "a yellow star to the left of a blue ring"


def read_plan(path: Path) -> None:
    """Read a plan, or a picture with its record, and arrange it, as --plan-only does."""
    job = job_of(Options(plan=str(path), plan_only=True))
    if isinstance(job.subject, str):
        raise UserError("a plan came out as a prompt")
    layout_of(settle(job.subject, job.size, job.edits))
    dump_plan(job.subject)


def read_run(folder: Path) -> None:
    """Read a run, and show it as a table and a page."""
    runs = read_runs([folder])
    markdown(runs)
    page(runs)


def read_reply(body: bytes) -> None:
    """Read the body of an endpoint's answer as a plan, in the full and in the small form."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise UserError("the body is no JSON") from None
    if not isinstance(content, dict):
        raise UserError("the body is no object")
    completion = Completion(cast(Mapping[str, Any], content), {}, "text", Capabilities())
    read = 0
    for form in (SceneReply, small_form(PROMPT)):
        answer = read_answer(completion, form)
        if answer.data is None:
            continue
        try:
            reply = form.model_validate(answer.data)
        except ValidationError:
            continue
        full = reply if isinstance(reply, SceneReply) else reply.scene()
        scene, _ = read_scene(full, PROMPT)
        if not find_emptiness(scene):
            find_faults(full, scene, PROMPT)
        read += 1
    if not read:
        raise UserError("the reply has no plan")
