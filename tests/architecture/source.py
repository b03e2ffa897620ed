"""The source as the architecture tests see it: which files there are, what each parses to."""

import ast
import functools
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
FLOW = [name.strip() for line in CONTRACTS["flow"]["layers"] for name in line.split("|")]
HEIGHT = {
    name.strip(): -depth for depth, line in enumerate(CONTRACTS["flow"]["layers"]) for name in line.split("|")
}
APPS = [name for name in FLOW if name not in {"kernel", "aws"}]


@functools.cache
def tracked() -> tuple[str, ...]:
    """Every file git knows or would take, as a path from the root with slashes."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return tuple(sorted(path for path in listed if path and (ROOT / path).is_file()))


def python(*tops: str) -> list[str]:
    """The Python files below these top folders, migrations left out (makemigrations writes those)."""
    return [
        path
        for path in tracked()
        if path.endswith(".py") and path.split("/")[0] in tops and "/migrations/" not in path
    ]


def product() -> list[str]:
    """Everything that is shipped."""
    return python(*FLOW, "cli")


@functools.cache
def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@functools.cache
def tree(path: str) -> ast.Module:
    return ast.parse(text(path), path)


def functions(module: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the last statement; its docstring does not count, decorators do not either."""
    first = function.body[0]
    length = function.end_lineno - function.lineno + 1
    is_docstring = isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str)
    return length - (first.end_lineno - first.lineno + 1) if is_docstring else length
