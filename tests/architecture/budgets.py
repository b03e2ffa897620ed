"""The budgets as functions: a module in, the places that break one out."""

import ast

from tests.architecture.source import functions, lines_of

FILE_LINES = 300
FUNCTION_LINES = 40
VIEW_LINES = 20
TASK_LINES = 10
KERNEL_FILES = 17  # ADR 0006: no growth without taking something out
TESTS_PER_SOURCE_LINE = 1.4
EQUIPMENT = "aws/sandbox/"  # stands in for AWS; counted on neither side (ADR 0018)

# One file by design: CI images and auditors copy it as it is (ADR 0010).
LONG_FILES = {"cli/relgate.py"}
NAMELESS = {"utils", "helpers", "common", "misc", "util", "helper", "shared", "stuff"}


def long_functions(module: ast.Module, limit: int = FUNCTION_LINES) -> list[str]:
    return [f"{f.name}: {lines_of(f)} lines" for f in functions(module) if lines_of(f) > limit]


def long_tasks(module: ast.Module) -> list[str]:
    return [
        f"{f.name}: {lines_of(f)} lines"
        for f in functions(module)
        if lines_of(f) > TASK_LINES and any(_is_task(decorator) for decorator in f.decorator_list)
    ]


def _is_task(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in {"shared_task", "task"}


def long_views(module: ast.Module) -> list[str]:
    """Functions that are handed a request: views, endpoints' methods. What they call has the usual budget."""
    views = [f for f in functions(module) if "request" in [word.arg for word in f.args.args[:2]]]
    return [f"{f.name}: {lines_of(f)} lines" for f in views if lines_of(f) > VIEW_LINES]


def is_view_module(path: str) -> bool:
    parts = path.removesuffix(".py").split("/")
    return bool({"views", "api"} & set(parts[1:]))


def is_nameless(path: str) -> bool:
    return any(part in NAMELESS for part in path.removesuffix(".py").split("/"))
