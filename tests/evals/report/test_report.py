"""The report: a page that needs no network, on which a stranger's words are words, in a real browser."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from evals.report.runs import read_runs
from planner.errors import UserError
from planner.plans import Size
from renderer.cli import main
from renderer.pipeline import make_plan

EVIL = "</p></style><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
PROMPTS = ("a red star", f"a blue ring {EVIL}", "a green moon on the left")
SIZE = Size(width=128, height=128)
TOLD: dict[str, Any] = {
    "benchmark": "prompts",
    "stage": "image",
    "prompts": "0",
    "model": "tiny",
    "arms": [
        {"name": "plain", "plain": True, "settings": {}},
        {"name": "soft", "plain": False, "settings": {"base_ratio": 0.5}},
    ],
    "seeds": [0],
    "scorers": ["world"],
    "shard": [1, 1],
    "size": SIZE.model_dump(),
    "planner": "builtin",
    "llm": None,
}
RIGHT = {0: 1.0, 1: 0.0}
"""Whether the arm "soft" draws the first two prompts as asked; the third fails."""


def picture_row(sample: int, arm: str) -> dict[str, Any]:
    failed = sample == 2 and arm == "soft"
    return {
        "id": f"{sample}/{arm}/0",
        "sample": sample,
        "prompt": PROMPTS[sample],
        "group": f"group {sample % 2}",
        "arm": arm,
        "seed": 0,
        "picture": None if failed else f"{arm}/{sample:05}/samples/0000.png",
        "scores": {} if failed else {"world.scene": RIGHT.get(sample, 0.0) if arm == "soft" else 0.0},
        "told": {"world": f"<b>{arm}</b> missed"} if sample == 1 else {},
        "unscored": {},
        "seconds": None if failed else 1.0,
        "error": f"no memory {EVIL}" if failed else None,
    }


def plan_row(sample: int) -> dict[str, Any]:
    plan = make_plan(PROMPTS[sample].partition("<")[0], size=SIZE)
    return {"id": sample, "prompt": PROMPTS[sample], **plan.model_dump(mode="json"), "error": None}


def write_run(out: Path, samples: tuple[int, ...], **told: object) -> Path:
    """A run's folder, as `scenewright eval` leaves it."""
    rows = [picture_row(sample, arm) for sample in samples for arm in ("plain", "soft")]
    for row in rows:
        if row["picture"]:
            path = out / row["picture"]
            path.parent.mkdir(parents=True)
            Image.new("RGB", (128, 128), (200, 30 * row["sample"], 40)).save(path)
    (out / "plans").mkdir()
    (out / "run.json").write_text(json.dumps({**TOLD, **told}))
    (out / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    plans = "".join(f"{json.dumps(plan_row(sample))}\n" for sample in samples)
    (out / "plans/rows.jsonl").write_text(plans)
    return out


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run."""
    folder = tmp_path_factory.mktemp("report")
    run = write_run(folder / "run", (0, 1, 2))
    assert main(["report", str(run), "--out", str(folder / "report.html")]) == 0
    return folder / "report.html"


class Tags(HTMLParser):
    """The start tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_loads_nothing_from_anywhere(report: Path) -> None:
    tags = Tags(report.read_text("utf-8")).tags
    sources = [value for _, has in tags for name, value in has.items() if name in ("src", "href", "srcset")]
    assert sources
    assert all(source and source.startswith("data:image/") for source in sources)
    policy = next(has["content"] for _, has in tags if has.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert {"base-uri 'none'", "form-action 'none'"} <= {rule.strip() for rule in policy.split(";")}


def test_a_strangers_words_are_no_markup(report: Path) -> None:
    tags = Tags(report.read_text("utf-8")).tags
    assert [tag for tag, _ in tags].count("script") == 1
    assert not [has for _, has in tags if any(name.startswith("on") for name in has)]
    assert "&lt;script&gt;document.title" in report.read_text("utf-8")


def test_the_worst_come_first(report: Path) -> None:
    tags = Tags(report.read_text("utf-8")).tags
    assert [has["data-order"] for tag, has in tags if tag == "article"] == ["2", "1", "0"]


def test_markdown_goes_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write_run(tmp_path / "run", (0, 1, 2))
    assert main(["report", str(run), "--out", str(tmp_path / "page.html")]) == 0
    told = capsys.readouterr().out
    assert "| metric | arm | mean (95 %) | minus plain, paired (95 %) | n |" in told
    assert "| world.scene | plain | 0.0 % (0.0 to 0.0) |  | 3 |" in told
    assert "|  | soft | 50.0 % (0.0 to 100.0) | +50.0 % (+0.0 to +100.0) | 2 |" in told
    assert "3 prompts, 6 pictures of 128x128, 1 failed; seeds 0; planned by the built-in planner" in told
    assert "- plain: the prompt without regions; settings of the model\n- soft: base_ratio 0.5\n" in told
    assert "- failed, 1 ×: no memory &lt;/p>" in told


def test_a_document_of_results_has_date_and_commit_and_keeps_notes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, results = write_run(tmp_path / "run", (0, 1, 2)), tmp_path / "results.md"
    asked = ["report", str(run), "--out", str(tmp_path / "page.html"), "--results", str(results)]
    assert main([*asked, "--title", "Stars"]) == 0
    tables = capsys.readouterr().out
    text = results.read_text("utf-8")
    assert text.startswith(f"# Stars\n\n- **Command:** `scenewright report {run} --results FILE`")
    assert re.search(r"^- \*\*Date:\*\* 20\d\d-\d\d-\d\d\n- \*\*Commit:\*\* \S", text, re.MULTILINE)
    assert tables.strip() in text
    results.write_text(text.replace("50.0 %", "99.9 %") + "\nThe ring is late.\n")
    assert main(asked) == 0
    assert results.read_text("utf-8") == text.replace("# Stars", "# Pictures") + "\nThe ring is late.\n"
    other = tmp_path / "other.md"
    other.write_text("# A letter\n")
    assert main([*asked[:-1], str(other)]) == 2
    assert f"{other}: is no document of results" in capsys.readouterr().err
    assert other.read_text() == "# A letter\n"


def test_shards_are_joined_and_a_picture_is_given_once(tmp_path: Path) -> None:
    parts = [
        write_run(tmp_path / str(n), samples, shard=[n, 2], prompts=str(n))
        for n, samples in ((1, (0, 2)), (2, (1,)))
    ]
    (run,) = read_runs(parts)
    assert {row.sample for row in run.rows} == {0, 1, 2}
    assert run.summary["n"] == 6
    other = write_run(tmp_path / "other", (0,), model="FLUX")
    assert len(read_runs([*parts, other])) == 2
    with pytest.raises(UserError, match="0/plain/0"):
        read_runs([parts[0], parts[0]])


def test_a_run_that_was_cut_off_can_be_looked_at(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", (0, 1, 2))
    whole = (folder / "rows.jsonl").read_bytes()
    (folder / "rows.jsonl").write_bytes(whole[: whole.index(b"\n") + 20])
    (run,) = read_runs([folder])
    assert len(run.rows) == 1
    assert (folder / "rows.jsonl").stat().st_size == whole.index(b"\n") + 20


def test_a_run_of_an_older_program_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_run(tmp_path / "old", (0, 1))
    rows = [json.loads(line) for line in (folder / "plans/rows.jsonl").read_text("utf-8").splitlines()]
    asked = {"kind": "thing", "text": "star", "of": "star", "where": "region", "regions": ["star"]}
    for row in rows:
        row["account"] = [asked]
        row["scene"].pop("quotes")
        for region in row["scene"]["regions"]:
            region.pop("quotes")
    (folder / "plans/rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert main(["report", str(folder), "--out", str(tmp_path / "old.html")]) == 0
    assert "| world.scene | plain |" in capsys.readouterr().out
    plan = read_runs([folder])[0].plan(0)
    assert plan is not None
    assert [region.name for region in plan.scene.regions] == ["star"]


def test_a_report_runs_no_code_and_opens_no_picture_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run's folder comes from anyone: it may name a scorer's file, and pictures anywhere."""
    (tmp_path / "own.py").write_text(f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n")
    private = tmp_path / "private.png"
    Image.new("RGB", (64, 64), (1, 2, 3)).save(private)
    run = write_run(tmp_path / "run", (0, 1), scorers=[str(tmp_path / "own.py"), "clip:owner/name"])
    rows = [json.loads(line) for line in (run / "rows.jsonl").read_text().splitlines()]
    (run / "link.png").symlink_to(private)
    for row, picture in zip(rows, (str(private), "../private.png", "link.png", "nul\0"), strict=True):
        row.update(picture=picture, scores={"own.figure": 0.5})
    (run / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert main(["report", str(run), "--out", str(tmp_path / "page.html")]) == 0
    assert "| own.figure | plain | 0.50 (0.50 to 0.50) |" in capsys.readouterr().out
    assert not (tmp_path / "ran").exists()
    assert "data:image/webp" not in (tmp_path / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "told"), [(None, "does not hold the run.json"), ('{"stage": "plan"}', "is a run of plans")]
)
def test_what_is_no_run_of_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "page.html")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
Look = Callable[[str], str]


@pytest.fixture
def look(report: Path, tmp_path: Path) -> Look:
    """Opens the page with a filter in its address, and returns what the browser made of it."""
    if BROWSER is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} is on the path")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]

    def open_page(wanted: str) -> str:
        address = f"{report.as_uri()}#{wanted}"
        done = subprocess.run(  # noqa: S603 (a browser of this machine, on our own page)
            [*command, "--dump-dom", address], capture_output=True, text=True, check=True, timeout=120
        )
        return done.stdout

    return open_page


def visible(page: str) -> list[str]:
    """The prompts' places in the benchmark, of the cards that are shown."""
    articles = re.findall(r"<article ([^>]*)>", page)
    orders = [re.search(r'data-order="(\d)"', article) for article in articles if "hidden" not in article]
    return [found[1] for found in orders if found]


def test_a_browser_shows_every_card_and_runs_no_strangers_script(look: Look) -> None:
    page = look("")
    assert "<title>scenewright report</title>" in page
    assert visible(page) == ["2", "1", "0"]
    assert "3 of 3 prompts" in page
    assert 'class="overlay"' not in page


def test_a_browser_filters_and_orders(look: Look) -> None:
    assert visible(look("find=RING%20blue")) == ["1"]
    assert visible(look("group=group%200&order=best")) == ["0", "2"]
    page = look("failed=on&overlay=on&arm=soft")
    assert visible(page) == ["2"]
    assert 'id="gallery" class="overlay"' in page
    assert re.search(r'<figure data-arm="plain" hidden', page)
