"""What planning costs in imports: nothing of the client before a plan is asked for, and torch never."""

import subprocess
import sys


def modules_after(code: str) -> set[str]:
    """The modules that a fresh process has loaded after running `code`."""
    command = [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (fixed commands)
    return set(done.stdout.split())


def test_importing_the_planner_imports_no_client() -> None:
    loaded = modules_after("from planner.llm import LLMPlanner; LLMPlanner('m')")
    assert "planner.llm.planner" in loaded
    assert {"openai", "instructor", "torch"}.isdisjoint(loaded)


def test_asking_imports_no_torch() -> None:
    loaded = modules_after(
        "from planner.errors import PlanningError\n"
        "from planner.llm import LLMPlanner\n"
        "try: LLMPlanner('m', base_url='http://127.0.0.1:1/v1', max_retries=0)('a fox')\n"
        "except PlanningError: pass"
    )
    assert {"openai", "instructor"} <= loaded
    assert "torch" not in loaded
