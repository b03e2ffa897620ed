"""What the import linter cannot see. test_shape_catches.py feeds every rule a fault."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from insights.vocabulary import KINDS
from tests.architecture import shape, source

OURS = [config for config in apps.get_app_configs() if config.name in source.HEIGHT]
# Where rows may change. The engine is the body of one action (`advance`), cut into phases; transition and
# lease are the guarded single statements that actions call.
WRITERS = ("/actions/", "deployments/engine/", "deployments/transition.py", "deployments/lease.py")
# Read models, counters and stored answers: no domain state, each written in one place.
BOOKKEEPING = {
    "deployments/history.py": "the read model behind the board and the exports, written by transition()",
    "kernel/idempotency.py": "answers kept for Idempotency-Key, written by the REST adapter",
    "kernel/rate_limit.py": "request counters",
    "approvals/queries.py": "lock_visible: a no-op UPDATE takes the row lock, the same on both databases",
    "kernel/drafts.py": "what a refused form held, so that it can be shown again",
}
# Functions of the engine that write behind the fence of their only callers.
BEHIND_A_FENCE = {
    "deployments/engine/ending.py": {"skip_rest"},
    "deployments/engine/journal.py": {"set_step", "log", "intend", "record"},
    "deployments/engine/pending_steps.py": {"show"},
    "deployments/engine/start.py": {"_start"},
}
# Pages say "3 minutes ago" by the reader's now; nothing is decided by it.
DISPLAY = {"insights/templatetags/gate.py"}


DECIDING = [
    path for path in source.python(*source.APPS) if path not in DISPLAY and "releasegate/" not in path
]


def broken(rule: Callable[[ast.Module], list[str]], paths: Iterable[str]) -> dict[str, list[str]]:
    """{path: what the rule found there}, for those where it found something."""
    found = {path: rule(source.tree(path)) for path in paths}
    return {path: places for path, places in found.items() if places}


def nothing(found: dict | Iterable) -> None:
    """Fail with a line for each place, if there is one."""
    places = found.items() if isinstance(found, dict) else found
    lines = "\n".join(f"  {place}" for place in places)
    assert not lines, f"\n{lines}"


def test_every_package_has_a_place_in_the_flow():
    packages = {path.split("/")[0] for path in source.tracked() if re.fullmatch(r"\w+/__init__\.py", path)}
    assert packages - {"tests", "bench", "cli", "ship"} == set(source.HEIGHT)


def test_every_package_says_what_it_is():
    assert [name for name in source.FLOW if not ast.get_docstring(source.tree(f"{name}/__init__.py"))] == []


def test_relations_point_down_the_flow():
    models = [model for config in OURS for model in config.get_models()]
    assert len(models) > 20
    assert [found for model in models for found in shape.upward_relations(model, source.HEIGHT)] == []


def test_only_actions_write():
    others = [
        path
        for path in source.product()
        if path not in BOOKKEEPING and not any(place in path for place in WRITERS)
    ]
    nothing(broken(shape.writes, others))


def test_bookkeeping_that_is_gone_is_not_excused():
    assert set(BOOKKEEPING) | DISPLAY <= set(source.product())


def test_imports_stand_at_the_top():
    rule = lambda module: shape.own_imports_in_functions(module, source.FLOW)  # noqa: E731
    nothing(broken(rule, source.product()))


def test_nothing_waits_in_the_broker():
    nothing(broken(shape.postponed, source.product()))


def test_nothing_starts_without_the_decision():
    nothing(broken(shape.starts_without_decision, source.product()))


def test_there_is_one_place_that_starts():
    places = [path for path in source.product() if shape.starts(source.tree(path))]
    assert places == ["deployments/engine/start.py"]


def test_one_place_writes_the_state_of_a_deployment():
    places = {path: shape.states_written(source.tree(path)) for path in source.product()}
    assert [path for path, found in places.items() if found] == ["deployments/transition.py"]


def test_every_write_of_the_engine_stands_after_the_fence():
    """A worker that slept through its lease writes nothing: not even a note."""
    engine = [path for path in source.product() if path.startswith("deployments/engine/")]
    found = {path: shape.unfenced(source.tree(path)) for path in engine}
    assert {path: set(functions) for path, functions in found.items() if functions} == BEHIND_A_FENCE


DOOR = "pipelines/actions/attempt.py"


def test_configuration_goes_in_by_one_door():
    """Whatever changes configuration is called by the list that asks for a second person, and by nobody else."""
    verbs = shape.verbs_behind_the_door(source.tree(DOOR))
    assert len(verbs) == 16
    changing = {path for path in actions() if path.startswith("pipelines/") and shape.CHANGING.search(path)}
    assert changing <= {verb.replace(".", "/") + ".py" for verb in verbs}, "a verb that is not in the list"
    others = [path for path in source.product() if path != DOOR]
    nothing(broken(lambda module: shape.past_the_door(module, verbs), others))


def test_models_do_what_django_says():
    nothing(broken(shape.overridden_saves, source.product()))


def test_nothing_is_signalled_outside_the_wiring():
    outside = [path for path in source.product() if not path.startswith("releasegate/")]
    nothing(broken(shape.signals, outside))


def test_decisions_read_the_databases_clock():
    nothing(broken(shape.clocks, DECIDING))


def actions() -> list[str]:
    return [path for path in source.product() if "/actions/" in path and not path.endswith("__init__.py")]


def test_every_action_is_named_for_its_verb():
    """`expire.py` may hold `expire_due`: the verb comes first, its object may follow."""
    assert len(actions()) > 20
    silent = [
        path
        for path in actions()
        if not any(f.name.startswith(Path(path).stem) for f in source.functions(source.tree(path)))
    ]
    nothing(silent)


def test_every_action_has_its_test():
    nothing(path for path in actions() if mirror_of(path) not in source.tracked())


def test_every_kind_and_every_rule_has_its_test():
    folders = {"builds/evidence", "deployments/executors", "deployments/runners"}
    kinds = [path for path in source.product() if str(Path(path).parent) in folders]
    pure = [path for path in source.product() if path.count("/") == 1 and Path(path).stem in PURE]
    missing = [path for path in kinds + pure if mirror_of(path) not in source.tracked()]
    nothing(path for path in missing if Path(path).stem not in {"__init__", "__main__"})


PURE = {"rules", "matching", "binding", "calendar", "schema", "canonical", "merkle", "note", "testspec"}


def mirror_of(path: str) -> str:
    """`builds/evidence/junit.py` is tested in `tests/builds/evidence/test_junit.py`."""
    return f"tests/{Path(path).parent}/test_{Path(path).stem}.py"


def test_every_test_folder_is_a_package():
    folders = sorted({str(Path(path).parent) for path in source.python("tests")})
    assert [folder for folder in folders if f"{folder}/__init__.py" not in source.tracked()] == []


def test_tests_are_sentences():
    names = [(path, f.name) for path in source.python("tests") for f in source.functions(source.tree(path))]
    short = [(path, name) for path, name in names if shape.says_nothing(name)]
    nothing(short)


def test_each_app_has_one_last_migration_named_for_its_purpose():
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    for config in OURS:
        names = [name for app, name in graph.nodes if app == config.label]
        assert len(graph.leaf_nodes(config.label)) == (1 if names else 0), config.label
        assert [name for name in names if "_auto_" in name] == []
        assert bool(names) == bool(list(config.get_models())), f"{config.label}: models without migrations"


def test_no_file_names_a_machine_or_a_registry():
    found = {}
    for path in source.tracked():
        if not path.endswith((".png", ".ico", ".woff2", ".zip", ".jpg", ".gz", ".svg")):
            match = shape.MACHINE.search(shape.text_in((source.ROOT / path).read_bytes()))
            found |= {path: match.group()} if match else {}
    nothing(found)


def test_every_state_has_a_word_and_a_colour():
    words = {state for kind in KINDS.values() for state in kind}
    css = (source.ROOT / "static/css/components/badge.css").read_text()
    coloured = set(re.findall(r'data-state="([\w-]+)"', css))
    states = shape.states([source.tree(path) for path in source.product() if path.endswith("/states.py")])
    assert {"needs_approval", "quarantined", "void"} <= set(states)
    assert sorted(set(states) - words) == []
    assert sorted(set(states) - coloured) == []


def test_what_the_commands_of_the_readme_leave_behind_is_nothing_git_would_take():
    left = re.findall(r" -o (\S+)$", source.text("README.md"), re.MULTILINE)
    command = ["git", "check-ignore", "--no-index", *left]
    ignored = subprocess.run(command, cwd=source.ROOT, capture_output=True, text=True).stdout.split()
    assert ignored == left == ["log.key", "log.rgaudit"]
