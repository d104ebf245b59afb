"""What planning imports: no client before a language model is asked, and torch never."""

import subprocess
import sys
from pathlib import Path

import pytest

CLIENT = {"openai", "instructor", "httpx2"}


def modules_after(code: str) -> set[str]:
    """The modules that a fresh process has loaded after running `code`."""
    command = [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (fixed commands)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("from planner.llm import LLMPlanner; LLMPlanner('m')", "planner.llm.planner"),
        ("from planner.llm.serving import ServingPlanner; ServingPlanner('m')", "planner.llm.serving"),
        ("import planner; planner.local_model; planner.plan('a fox')", "planner.reader.planner"),
        ("from renderer.cli import main; main(['a fox', '--plan-only'])", "planner.reader.planner"),
    ],
)
def test_without_a_language_model_neither_client_nor_torch_is_imported(code: str, loaded: str) -> None:
    modules = modules_after(code)
    assert loaded in modules
    assert (CLIENT | {"torch"}).isdisjoint(modules)


def test_importing_the_benchmarks_imports_neither_client_nor_torch() -> None:
    modules = modules_after("import evals.benchmark")
    assert "planner.llm.planner" in modules
    assert (CLIENT | {"torch"}).isdisjoint(modules)


def test_a_benchmark_of_plans_runs_without_torch(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a red fox left of a blue door\n", "utf-8")
    arguments = ["eval", "prompts", f"--data={prompts}", f"--out={tmp_path / 'out'}", "--quiet"]
    modules = modules_after(f"from renderer.cli import main; assert main({arguments!r}) == 0")
    assert {"evals.run.plan_stage", "planner.reader.planner"} <= modules
    assert (CLIENT | {"torch"}).isdisjoint(modules)


def test_asking_imports_the_client_and_no_torch() -> None:
    modules = modules_after(
        "from planner.errors import PlanningError\n"
        "from planner.llm import LLMPlanner\n"
        "try: LLMPlanner('m', base_url='http://127.0.0.1:1/v1', max_retries=0)('a fox')\n"
        "except PlanningError: pass"
    )
    assert modules >= CLIENT
    assert "torch" not in modules
