"""Run folders of strangers: records, rows and summaries, scorers that are code, and pictures elsewhere."""

import json
import os
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from evals.ablation.fit import main as fit
from evals.scoreboard import main as scoreboard
from tests.hostile.campaign import EITHER, REPORT, Case, all_of, file_of
from tests.hostile.inputs import (
    CONTROLS,
    SIDE,
    Json,
    bomb_png,
    data_url,
    huge_png,
    mask_png,
    other_formats,
    picture_row,
    plan_row,
    png,
    region,
    run_folder,
    run_record,
    scene,
    text_chunk,
)

pytestmark = pytest.mark.hostile

RECORDS: dict[str, str | bytes | Json] = {
    "empty": "",
    "null": "null",
    "list": "[]",
    "text": '"image"',
    "half": json.dumps(run_record())[:-5],
    "stage_alone": {"stage": "image"},
    "no_stage": {},
    "stage_of_plans": run_record(stage="plan"),
    "deep": '{"stage": "image", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "integer": '{"stage": "image", "x": ' + "9" * 5000 + "}",
    "latin_1": b'{"stage": "caf\xe9"}',
    "binary": bytes(range(256)),
    "arms_null": run_record(arms=None),
    "arms_empty": run_record(arms=[]),
    "arms_texts": run_record(arms=["plain"]),
    "arms_objects": run_record(arms=[{}]),
    "arm_named_by_a_list": run_record(arms=[{"name": [], "plain": True, "settings": {}}]),
    "arm_settings": run_record(arms=[{"name": "plain", "plain": True, "settings": 5}]),
    "seeds_null": run_record(seeds=None),
    "seeds_number": run_record(seeds=5),
    "scorers_null": run_record(scorers=None),
    "scorers_number": run_record(scorers=[5]),
    "scorers_lists": run_record(scorers=[[]]),
    "size_null": run_record(size=None),
    "size_text": run_record(size="64x64"),
    "size_huge": run_record(size={"width": 10**9, "height": 64}),
    "benchmark_null": {name: value for name, value in run_record().items() if name != "benchmark"},
    "model_missing": {name: value for name, value in run_record().items() if name != "model"},
}
"""Contents of run.json that are refused."""

TAKEN_RECORDS: dict[str, Json] = {
    "size_empty": run_record(size={}),
    "scorer_outside": run_record(scorers=["{outside}/evil.py"]),
    "scorer_relative": run_record(scorers=["../outside/evil.py"]),
    "scorer_beside": run_record(scorers=["evil.py"]),
    "scorer_in_the_run": run_record(scorers=["run/evil.py"]),
    "scorer_among_others": run_record(scorers=["seams", "run/evil.py"]),
    "scorer_unknown": run_record(scorers=["nonesuch"]),
    "scorer_controls": run_record(scorers=[CONTROLS]),
    "scorer_missing": run_record(scorers=["missing.py"]),
    "benchmark_of_code": run_record(benchmark="run/evil.py"),
    "names_with_controls": run_record(benchmark=CONTROLS, model=CONTROLS, llm=CONTROLS),
    "arms_with_controls": run_record(
        arms=[{"name": CONTROLS, "plain": True, "settings": {CONTROLS: CONTROLS}}]
    ),
    "arms_with_lines": run_record(arms=[{"name": "a\n# b | c", "plain": True, "settings": {}}]),
    "seeds_with_controls": run_record(seeds=[CONTROLS]),
    "size_true": run_record(size={"width": 64, "height": 64}),
    "html": run_record(benchmark="<script>alert(1)</script>", llm="</script><img src=x onerror=alert(1)>"),
    "markdown": run_record(benchmark="[x](javascript:alert(1))", llm="`|`"),
    "format_text": run_record(format=CONTROLS),
    "model_hub": run_record(model="stranger/model"),
    "scorer_of_a_hub_model": run_record(scorers=["clip:stranger/model"]),
    "scorer_of_a_folder": run_record(scorers=["detector:{outside}"]),
}
"""Records of which a report may be made, without running or fetching anything."""


def lines(*rows: object) -> bytes:
    """Rows as they stand in rows.jsonl."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


ROWS: dict[str, bytes] = {
    "text": b"not a row\n",
    "list": b"[]\n",
    "null": b"null\n",
    "half": lines(picture_row())[:-20] + b"\n",
    "empty_line": b"\n\n",
    "latin_1": b'{"id": "caf\xe9"}\n',
    "nul": b"\0" * 100 + b"\n",
    "deep": b"[" * 100_000 + b"\n",
    "huge_line": b'{"id": "' + b"a" * 20_000_000 + b"\n",
    "integer": b'{"id": ' + b"9" * 5000 + b"}\n",
    "no_fields": lines({}),
    "id_null": lines(picture_row(id=None)),
    "id_list": lines(picture_row(id=[])),
    "id_controls": lines({**picture_row(id=CONTROLS), "prompt": 5}),
    "key_controls": lines({**picture_row(), "seed": {CONTROLS: CONTROLS}}),
    "sample_object": lines(picture_row(sample={})),
    "seed_text": lines(picture_row(seed=CONTROLS)),
    "scores_text": lines(picture_row(scores={"seams.strength": CONTROLS})),
    "scores_list": lines(picture_row(scores=[])),
    "tokens": lines(picture_row(tokens={"judge": 5})),
    "picture_number": lines(picture_row(picture=5)),
    "prompt_null": lines(picture_row(prompt=None)),
}
"""Contents of rows.jsonl that are refused."""

TAKEN_ROWS: dict[str, bytes] = {
    "none": b"",
    "no_last_line": lines(picture_row())[:-1],
    "scores_nan": lines(picture_row(scores={"seams.strength": float("nan")})),
    "scores_infinite": lines(picture_row(scores={"seams.strength": float("inf")})),
    "scores_huge": lines(
        picture_row(scores={"seams.strength": 1e308}),
        picture_row("regional", scores={"seams.strength": -1e308}),
    ),
    "scores_unknown": lines(picture_row(scores={CONTROLS: 1.0})),
    "seconds_nan": lines(picture_row(seconds=float("nan"))),
    "seed_huge": lines(picture_row(seed=10**18)),
    "group_of_digits": lines(picture_row(group="9" * 5000)),
    "group_of_other_digits": lines(picture_row(group="٣²9")),
    "groups_with_controls": lines(picture_row(group=CONTROLS)),
    "arm_unknown": lines(picture_row(arm="nonesuch")),
    "arm_controls": lines(picture_row(arm=CONTROLS)),
    "samples_of_two_kinds": lines(picture_row(sample="0"), picture_row("regional", sample=0)),
    "errors": lines(picture_row(error=CONTROLS, picture=None), picture_row("regional", error="| x |\n# y")),
    "unscored": lines(picture_row(unscored={CONTROLS: CONTROLS, "seams": "a | b\n\nc"})),
    "tokens": lines(picture_row(tokens={CONTROLS: {"prompt": 10**18, "completion": -1, "requests": 0}})),
    "cost_nan": lines(picture_row(cost={"judge": float("nan")})),
    "explanations": lines(picture_row(explanations={"<b>": "<script>alert(1)</script>"})),
    "prompt_html": lines(picture_row(prompt="<script>alert(1)</script>\"'>")),
    "prompt_long": lines(picture_row(prompt="a" * 1_000_000)),
    "5000_rows": lines(*(picture_row(id=f"{i}", sample=i, picture=None) for i in range(5000))),
    "5000_alike": lines(*[picture_row()] * 5000),
}
"""Rows of which a report may be made."""

PATHS = {
    "absolute": "{outside}/mask.png",
    "parent": "../outside/mask.png",
    "parents": "plain/../../outside/mask.png",
    "etc": "/etc/passwd",
    "zero": "/dev/zero",
    "stdin": "/dev/stdin",
    "nul": "a\0b.png",
    "controls": CONTROLS,
    "surrogate": "\ud800.png",
    "long": "a" * 5000,
    "folder": "plain",
    "dot": ".",
    "empty": "",
    "url": "http://127.0.0.1:9/a.png",
    "code": "evil.py",
    "link": "link.png",
    "link_of_a_folder": "linked/mask.png",
    "loop": "loop.png",
    "fifo": "fifo.png",
    "run": "run.json",
}
"""Pictures of a row that lie elsewhere, or are none."""

PICTURES: dict[str, bytes] = {
    "empty": b"",
    "text": b"a text",
    "half": mask_png()[:-30],
    "huge_header": huge_png(60_000, 60_000),
    "wide_header": huge_png(2**31 - 1, 1),
    "bomb": bomb_png(20_000),
    "text_bomb": png(SIDE, SIDE, text_chunk("x" * 70_000_000, "zTXt")),
    **other_formats(),
}
"""Files in the place of a picture."""

PLANS: dict[str, Json] = {
    "null": plan_row(scene=None),
    "empty": plan_row(scene={}),
    "text": plan_row(scene={"caption": 5}),
    "regions": plan_row(scene=scene(regions=[region(name=f"s{i}") for i in range(33)])),
    "mask_path": plan_row(scene=scene(regions=[region(where={"mask": "../outside/mask.png"})])),
    "mask_absolute": plan_row(scene=scene(regions=[region(where={"mask": "{outside}/mask.png"})])),
    "mask_eps": plan_row(scene=scene(regions=[region(where={"mask": data_url(other_formats()["EPS"])})])),
    "mask_bomb": plan_row(scene=scene(regions=[region(where={"mask": data_url(bomb_png(20_000))})])),
    "mask_header": plan_row(
        scene=scene(regions=[region(where={"mask": data_url(huge_png(60_000, 60_000))})])
    ),
    "mask_size": plan_row(scene=scene(regions=[region(where={"mask": data_url(mask_png(32, 32))})])),
    "polygon": plan_row(scene=scene(regions=[region(where={"points": [{"x": 0, "y": 0}] * 20_000})])),
    "origin": plan_row(origin={"planner": CONTROLS}),
    "origin_null": plan_row(origin=None),
    "notes": plan_row(notes=[{"kind": CONTROLS}]),
    "names": plan_row(scene=scene(regions=[region(name=f"{CONTROLS}</text><script>alert(1)</script>")])),
    "tokens": plan_row(tokens={"prompt": -5, "completion": None, "requests": 1}),
    "error": plan_row(error=CONTROLS),
}
"""Plans of a run."""

BENCHMARKS: dict[str, tuple[str, bytes]] = {
    "parti-nul": ("PartiPrompts.tsv", b"Prompt\tCategory\na\0b\tc\n"),
    "parti-field": ("PartiPrompts.tsv", b"Prompt\tCategory\n" + b"a" * 200_000 + b"\tc\n"),
    "parti-quote": ("PartiPrompts.tsv", b'Prompt\tCategory\n"' + b"a\t\n" * 100_000),
    "parti-columns": ("PartiPrompts.tsv", b"Prompt\n" + b"\t" * 100_000),
    "parti-latin": ("PartiPrompts.tsv", b"Prompt\tCategory\ncaf\xe9\tc\n"),
    "parti-controls": ("PartiPrompts.tsv", f"Prompt\t{CONTROLS}\nx\ty\n".encode()),
    "parti-empty": ("PartiPrompts.tsv", b""),
    "dsg-1k-nul": ("dsg-1k-anns.csv", b"item_id,text\n\0,\0\n"),
    "dsg-1k-field": ("dsg-1k-anns.csv", b"item_id,text\nx," + b"a" * 200_000 + b"\n"),
    "geneval-text": ("evaluation_metadata.jsonl", b"not json\n"),
    "geneval-deep": ("evaluation_metadata.jsonl", b"[" * 100_000 + b"\n"),
    "geneval-integer": ("evaluation_metadata.jsonl", b'{"tag": ' + b"9" * 5000 + b"}\n"),
    "geneval-types": ("evaluation_metadata.jsonl", b'{"tag": "single_object", "include": 5, "prompt": []}\n'),
    "geneval-controls": ("evaluation_metadata.jsonl", json.dumps({CONTROLS: 1}).encode() + b"\n"),
    "longbench-t2i-latin": ("instruction.jsonl", b'{"instruction": "caf\xe9"}\n'),
    "longbench-t2i-null": ("instruction.jsonl", b'{"instruction": null}\n'),
    "nsr-1k-counting-list": ("counting.json", b"[[]]"),
    "nsr-1k-counting-object": ("counting.json", b'{"a": 5}'),
    "nsr-1k-spatial-deep": ("spatial.json", b"[" * 100_000),
    "lmd-text": ("lmd.txt", b"\0\0\0"),
    "readings-types": ("readings.jsonl", b'{"prompt": 5, "things": "x"}\n'),
    "readings-list": ("readings.jsonl", b"[[], 5]\n"),
    "readings-deep": ("readings.jsonl", b"[" * 100_000 + b"\n"),
    "readings-words": (
        "readings.jsonl",
        b'{"prompt": "a star", "things": [{"name": "x", "words": [9999]}]}\n',
    ),
    "prompts-latin": ("prompts.txt", b"caf\xe9\n"),
    "prompts-utf_16": ("prompts.txt", "a star\n".encode("utf-16")),
    "prompts-empty": ("prompts.txt", b""),
}
"""Files of benchmarks that are refused, but for the next ones."""

TAKEN_BENCHMARKS = {"parti-nul", "parti-quote", "parti-empty", "dsg-1k-nul"}
"""Those that may be planned."""


def code(folder: Path) -> None:
    """A scorer that must not run, beside the run and in it."""
    for place in (folder, folder / "run"):
        (place / "evil.py").write_text("raise SystemExit('the file of a stranger ran')\n", "utf-8")


LINKS = {"link.png": "{outside}/mask.png", "linked": "{outside}", "loop.png": "loop.png"}


def pictured(path: str) -> Callable[[Path], object]:
    """A run whose picture has this path, with links, a pipe and code in its folder."""

    def make(folder: Path) -> None:
        outside = str(folder.parent / "outside")
        rows = [picture_row(picture=path.replace("{outside}", outside)), picture_row("regional")]
        run_folder(rows=rows, links=LINKS)(folder)
        code(folder)
        os.mkfifo(folder / "run" / "fifo.png")

    return make


def pipe(name: str) -> Callable[[Path], None]:
    """A maker of a pipe in place of a file of the run."""

    def make(folder: Path) -> None:
        (folder / "run" / name).unlink()
        os.mkfifo(folder / "run" / name)

    return make


def cases() -> Iterator[Case]:
    """All of them."""
    written = ("report.html",)
    yield Case("whole", REPORT, run_folder(), (0,), written=written)
    for name, record in RECORDS.items():
        yield Case(f"record-{name}", REPORT, run_folder(record), contains="run")
    for name, record in TAKEN_RECORDS.items():
        yield Case(f"record-{name}", REPORT, all_of(run_folder(record), code), EITHER, written=written)
    for name in ("scorer_in_the_run", "scorer_outside"):
        made = all_of(run_folder(TAKEN_RECORDS[name]), code)
        words = ("--metric", "seams.strength", "run")
        yield Case(f"fit-{name}", words, made, (1, 2), command=fit)
    for name, rows in ROWS.items():
        yield Case(f"rows-{name}", REPORT, run_folder(rows=rows), contains="rows.jsonl")
        yield Case(f"plans-{name}", REPORT, run_folder(plans=rows), contains="rows.jsonl")
    for name, rows in TAKEN_ROWS.items():
        yield Case(f"rows-{name}", REPORT, run_folder(rows=rows), EITHER, written=written)
    for name, path in PATHS.items():
        yield Case(f"picture-{name}", REPORT, pictured(path), EITHER, written=written)
    for name, content in PICTURES.items():
        files = {"plain/00000/samples/0000.png": content}
        yield Case(f"file-{name}", REPORT, run_folder(files=files), EITHER, written=written)
    for name, row in PLANS.items():
        yield Case(f"plan-{name}", REPORT, run_folder(plans=[row]), EITHER, written=written)
    for name in ("run.json", "rows.jsonl", "plans/rows.jsonl"):
        yield Case(f"pipe-{name}", REPORT, all_of(run_folder(), pipe(name)), contains="run")
    for place in ("missing", "run.json", "a\0b", f"missing/{CONTROLS}", "\udce9", "", "a\nb"):
        yield Case(f"folder-{place[:8]!a}", ("report", place), file_of("run.json", "{}"))
    yield Case("twice", ("report", "run", "run"), run_folder(), contains="run")
    for name in ("empty", "list", "half", "deep", "integer", "latin_1"):
        made = all_of(run_folder(RECORDS[name]), file_of("prompts.txt", "a star\n"))
        words = ("eval", "prompts", "--data", "prompts.txt", "--out", "run", "--quiet")
        yield Case(f"resumed-{name}", words, made, contains="run")
        made = run_folder(RECORDS[name], files={"summary.json": b"[" * 100_000})
        yield Case(f"scoreboard-{name}", ("run",), made, command=scoreboard, contains="run")
    for name, (file, content) in BENCHMARKS.items():
        words = ("eval", name.rpartition("-")[0], "--data", file, "--out", "out", "--quiet", "--limit", "2")
        if name in TAKEN_BENCHMARKS:
            made, written = file_of(file, content), ("out", "out/*")
            yield Case(f"benchmark-{name}", words, made, EITHER, written=written)
        else:
            yield Case(f"benchmark-{name}", words, file_of(file, content), contains=file)


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_a_run(case: Case, campaign: Callable[[Case], None]) -> None:
    campaign(case)


def test_a_page_has_no_script_of_a_stranger(tmp_path: Path, campaign: Callable[[Case], None]) -> None:
    text = "</script><script>alert(1)</script>"
    made = run_folder(run_record(llm=text), [picture_row(prompt=text, error=text)], [plan_row(prompt=text)])
    campaign(Case("script", REPORT, made, (0,), written=("report.html",)))
    assert "<script>alert" not in (tmp_path / "here" / "report.html").read_text("utf-8")
