"""Runs as one HTML page: foreign text is escaped, and the page's policy forbids everything not its own."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from evals.report.gallery import cards
from evals.report.runs import Run
from evals.run.tables import costs, lines, titles

HERE = Path(__file__).parent


def page(runs: Sequence[Run]) -> str:
    """The page as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script, style = ((HERE / name).read_text("utf-8") for name in ("page.js", "page.css"))
    template = environment.from_string((HERE / "page.html.j2").read_text("utf-8"))
    return template.render(
        runs=[(run, run.summary, cards(run)) for run in runs],
        lines=lines,
        costs=costs,
        titles=titles,
        # Script and style are our own files and stay unescaped; the policy allows no other script.
        script=script,
        style=style,
        hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
