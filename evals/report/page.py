"""Runs as one HTML page: what a stranger wrote is escaped, and its policy forbids all that is not its own."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from evals.drawing.show import lines, spent, titles
from evals.report.gallery import cards
from evals.report.runs import Run

HERE = Path(__file__).parent


def page(runs: Sequence[Run]) -> str:
    """The page as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script, style = ((HERE / name).read_text("utf-8") for name in ("page.js", "page.css"))
    template = environment.from_string((HERE / "page.html.j2").read_text("utf-8"))
    # Script and style are our own files, and safe to the template; all else goes through autoescape.
    own = {"script": script, "style": style}
    told = [(run, run.summary, cards(run)) for run in runs]
    return template.render(runs=told, lines=lines, spent=spent, titles=titles, hash=_hash(script), **own)


def _hash(script: str) -> str:
    """What the page's policy knows its one script by: no other runs."""
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()
