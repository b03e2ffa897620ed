"""Files, functions, views and tasks stay small; tests stay larger than what they test."""

import ast

import pytest

from tests.architecture import budgets, source
from tests.architecture.test_shape import broken, nothing

EVERYTHING = [*source.product(), *source.python("tests", "bench", "ship")]


def lines(path: str) -> int:
    return source.text(path).count("\n")


def test_files_fit_their_budget():
    over = {path: lines(path) for path in EVERYTHING if lines(path) > budgets.FILE_LINES}
    nothing({path: number for path, number in over.items() if path not in budgets.LONG_FILES})
    assert {"cli/relgate.py"} == budgets.LONG_FILES


def test_files_are_named_for_what_they_hold():
    assert [path for path in EVERYTHING if budgets.is_nameless(path)] == []


def test_functions_and_tasks_fit_theirs():
    paths = [*source.product(), *source.python("bench", "ship")]
    nothing(broken(budgets.long_functions, paths))
    nothing(broken(budgets.long_tasks, paths))


def test_views_and_endpoints_fit_theirs():
    nothing(broken(budgets.long_views, [path for path in source.product() if budgets.is_view_module(path)]))


def test_the_kernel_stays_a_kernel():
    files = [path for path in source.python("kernel") if not path.endswith("__init__.py")]
    assert len(files) <= budgets.KERNEL_FILES, files


def test_the_tests_outweigh_the_product():
    own = sum(lines(path) for path in source.product() if not path.startswith(budgets.EQUIPMENT))
    tests = sum(lines(path) for path in source.python("tests"))
    ratio = tests / own
    assert ratio >= budgets.TESTS_PER_SOURCE_LINE, f"{tests} / {own} = {ratio:.2f}: too few tests"


# Each check is fed a fault and must find it.


def _function(lines: int, decorator: str = "", docstring: str = "") -> ast.Module:
    body = "\n".join(f"    a{number} = {number}" for number in range(lines - 1))
    return ast.parse(f"{decorator}\ndef work():\n{docstring}{body}\n")


def test_a_long_function_is_found():
    assert budgets.long_functions(_function(40)) == []
    assert budgets.long_functions(_function(41)) == ["work: 41 lines"]


def test_a_docstring_costs_nothing_but_comments_and_blank_lines_do():
    docstring = '    """One.\n\n    Two.\n    """\n'
    assert budgets.long_functions(_function(40, docstring=docstring)) == []
    spaced = ast.parse("def work():\n    a = 1\n" + "\n" * 39 + "    b = 2\n")
    assert budgets.long_functions(spaced) == ["work: 42 lines"]


def test_a_long_method_and_an_inner_function_are_found():
    inner = "\n".join(f"            b{number} = {number}" for number in range(45))
    module = ast.parse(
        f"class A:\n    def outer(self):\n        def inner():\n{inner}\n        return inner\n"
    )
    assert budgets.long_functions(module) == ["outer: 48 lines", "inner: 46 lines"]


@pytest.mark.parametrize(
    "decorator", ["@shared_task", "@shared_task(name='x')", "@app.task", "@app.task(bind=1)"]
)
def test_a_long_task_is_found(decorator):
    assert budgets.long_tasks(_function(10, decorator)) == []
    assert budgets.long_tasks(_function(11, decorator)) == ["work: 11 lines"]
    assert budgets.long_tasks(_function(11)) == []


@pytest.mark.parametrize(
    "path", ["builds/utils.py", "approvals/helpers.py", "common/models.py", "tests/builds/misc.py"]
)
def test_a_nameless_file_is_found(path):
    assert budgets.is_nameless(path)


def test_an_ordinary_name_is_not_nameless():
    assert not budgets.is_nameless("builds/evidence/junit.py")


def test_views_and_endpoints_are_recognised_wherever_they_lie():
    assert budgets.is_view_module("builds/views.py")
    assert budgets.is_view_module("insights/views/board.py")
    assert budgets.is_view_module("approvals/api.py")
    assert not budgets.is_view_module("approvals/actions/vote.py")


@pytest.mark.parametrize("head", ["def show(request, pk)", "class A:\n  def post(self, request)"])
def test_a_long_view_is_found(head):
    body = "\n".join(f"    a{number} = {number}" for number in range(20))
    assert len(budgets.long_views(ast.parse(f"{head}:\n{body}\n"))) == 1
    assert budgets.long_views(ast.parse(f"def rows(board):\n{body}\n")) == []
