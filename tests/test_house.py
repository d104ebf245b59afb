"""Rules of the house: the way that imports run, what is never read, and how long things may be."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

import renderer

ROOT = Path(__file__).parents[1]
PACKAGES = ("prompts", "planner", "renderer", "evals")
"""The four, each of which may import those before it and itself."""

COMPOSITION_ROOT = "renderer/cli.py"
"""The command line, which runs evaluations when it is told to."""

SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that are imported anywhere within `node`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from (alias.name for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            assert inner.level == 0, "imports are absolute"
            yield inner.module or ""


def tops(node: ast.AST) -> set[str]:
    return {name.partition(".")[0] for name in imported(node)}


def at_import(path: Path) -> ast.Module:
    """The module without what its functions do."""
    body = [node for node in tree(path).body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return ast.Module(body=body, type_ignores=[])


def own(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_run_one_way() -> None:
    for path in SOURCES:
        later = set(PACKAGES[PACKAGES.index(own(path).partition("/")[0]) + 1 :])
        if own(path) == COMPOSITION_ROOT:
            assert later.isdisjoint(tops(at_import(path)))
        else:
            assert (later | {"tests"}).isdisjoint(tops(tree(path))), own(path)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports within functions and those for type checking count too."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in SOURCES}
    modules = {name.removesuffix(".__init__"): path for name, path in names.items()}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        found = set[str]()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= inner & set(modules) or {node.module or ""}
        graph[name] = found & set(modules) - {name}
    assert len(graph["renderer.pipeline"]) > 5
    list(TopologicalSorter(graph).static_order())


def test_nothing_is_unpickled_or_evaluated() -> None:
    for path in SOURCES:
        source = tree(path)
        assert {"pickle", "dill", "joblib", "marshal", "shelve"}.isdisjoint(tops(source)), own(path)
        for call in (node for node in ast.walk(source) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert name not in {"eval", "exec", "ast.literal_eval"}, own(path)
            assert name != "torch.load" or arguments.get("weights_only") == "True", own(path)
            assert arguments.get("trust_remote_code", "False") == "False", own(path)
            assert arguments.get("allow_pickle", "False") == "False", own(path)


def test_files_and_functions_are_short() -> None:
    for path in SOURCES:
        assert len(path.read_text("utf-8").splitlines()) <= 400, own(path)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno is not None
                assert node.end_lineno - node.lineno < 80, f"{own(path)}: {node.name}"


def test_what_is_imported_is_required() -> None:
    """Nothing is used that only comes along with something else."""
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"], *(line for extra in extras.values() for line in extra)]
    # pydantic pins its core to the very version.
    required = {*map(_distribution, lines), "pydantic-core"}
    homes = packages_distributions()
    used = {top for path in SOURCES for top in tops(tree(path))} - sys.stdlib_module_names - set(PACKAGES)
    missing = {top for top in used if {_distribution(name) for name in homes[top]}.isdisjoint(required)}
    assert missing == set()


def _distribution(requirement: str) -> str:
    """A requirement's name as indexes write it."""
    name = requirement
    for mark in "<>=![ ;":
        name = name.partition(mark)[0]
    return name.lower().replace("_", "-").replace(".", "-")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603


REFUSE_TORCH = (
    "import sys\n"
    "class Refuse:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name.partition('.')[0] == 'torch':\n"
    "            raise SystemExit('torch is imported')\n"
    "sys.meta_path.insert(0, Refuse())\n"
)


def test_no_module_of_the_planner_imports_torch() -> None:
    done = python(
        f"{REFUSE_TORCH}"
        "import pkgutil, importlib, planner\n"
        "for module in pkgutil.walk_packages(planner.__path__, 'planner.'):\n"
        "    importlib.import_module(module.name)\n"
        "from planner.reader.planner import ReaderPlanner\n"
        "scene = planner.plan('two red hearts under a white cloud', ReaderPlanner()).scene\n"
        "assert planner.arrange(scene, planner.Size()).masks().any()\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_refusal_of_torch_is_one() -> None:
    assert python(f"{REFUSE_TORCH}import torch").stderr == "torch is imported\n"


def test_importing_the_renderer_costs_nothing() -> None:
    done = python("import renderer, sys; print(*sys.modules)")
    assert {"torch", "diffusers", "transformers", "pydantic", "numpy"}.isdisjoint(done.stdout.split())


def test_every_public_name_of_the_renderer_can_be_had() -> None:
    names = dir(renderer)
    assert {"generate", "plan", "arrange", "rasterise", "render", "load_model", "Settings"} <= set(names)
    assert all(getattr(renderer, name) is not None for name in names)
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = renderer.nonesuch  # pyright: ignore[reportAttributeAccessIssue]
