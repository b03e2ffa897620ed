"""The rules of shape as functions: a parsed module in, the places that break one out."""

import ast
import re
from collections.abc import Iterable, Iterator

WRITES = {"create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
READS = {"objects", "filter", "exclude", "all", "select_for_update", "visible_to", "get", "_base_manager"}
CLOCKS = {"datetime.now", "datetime.utcnow", "timezone.now", "time.time", "date.today"}
LATER = {"countdown", "eta"}
REPEATS = {"autoretry_for", "max_retries", "retry_backoff", "retry_kwargs"}
OVERRIDES = {"save", "delete", "save_base", "full_clean"}

SIGNAL = re.compile(r"(^|\.)((pre|post)_\w+|signals?|\w+_signal|user_log\w+)(\.|$)")

# Actions of pipelines with these verbs change configuration.
CHANGING = re.compile(r"/(create|update|archive|save|set|delete|remove|rename)_\w+\.py$")


def text_in(content: bytes) -> str:
    """What a file says; nothing where it is no text (a bundle of the log that somebody left here, say)."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return ""


# Written in two halves, so that this file does not match itself.
MACHINE = re.compile(
    "|".join(
        [
            "/wo" + r"rk/(main|shared)",
            "/ho" + r"me/[a-z]",
            "/ro" + r"ot/(?!build)",
            "/Us" + r"ers/",
            "pyp" + r"i\.org",
            "pythonho" + r"sted\.org",
            "--(extra-)?inde" + "x-url",
            "registry\\.np" + "mjs",
            r"\bdocker\." + "io/",
        ]
    )
)


def chain(node: ast.expr) -> list[str]:
    """The names of `A.objects.filter(…).update` from the left: ["A", "objects", "filter", "update"]."""
    names: list[str] = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        else:
            names.append(node.id if isinstance(node, ast.Name) else "")
            return names[::-1]


def calls(module: ast.AST) -> Iterator[tuple[ast.Call, list[str]]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield node, chain(node.func)


def writes(module: ast.AST) -> list[str]:
    """Calls that change rows: `.save()`, and manager or queryset methods that write."""
    found = []
    for node, names in calls(module):
        *before, last = names
        if not before:
            continue
        saved = last == "save" and _looks_like_a_model_save(node)
        if saved or (last in WRITES and READS & set(before)):
            found.append(f"line {node.lineno}: {'.'.join(names)}()")
    return found


def _looks_like_a_model_save(call: ast.Call) -> bool:
    """`image.save(path)` is not one: a model's save takes no positional argument."""
    return not call.args


def own_imports_in_functions(module: ast.AST, packages: Iterable[str]) -> list[str]:
    own, found = set(packages), []
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [f"line {node.lineno}: {name}" for name in names if name.split(".")[0] in own]
    return sorted(set(found))


def postponed(module: ast.AST) -> list[str]:
    """Celery's own ways to wait: the database knows when something is due, the broker must not."""
    found = []
    for node, names in calls(module):
        words = {word.arg for word in node.keywords}
        if names[-1] in {"apply_async", "send_task", "s", "si"} and LATER & words:
            found.append(f"line {node.lineno}: {names[-1]} with countdown or eta")
        if names[-1] == "retry" and names[0] in {"self", "current_task"}:
            found.append(f"line {node.lineno}: {'.'.join(names)}()")
        if names[-1] in {"shared_task", "task"} and REPEATS & words:
            found.append(f"line {node.lineno}: a task that Celery repeats")
    return found


def clocks(module: ast.AST) -> list[str]:
    """Calls of the process's clock."""
    found = [(node.lineno, ".".join(names)) for node, names in calls(module)]
    return [f"line {line}: {name}()" for line, name in found if ".".join(name.split(".")[-2:]) in CLOCKS]


def overridden_saves(module: ast.AST) -> list[str]:
    """Classes with a `save`, `delete`, `save_base` or `full_clean` of their own that derive from a model."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and any("Model" in chain(base)[-1] for base in node.bases):
            names = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            found += [f"{node.name}.{name}" for name in sorted(names & OVERRIDES)]
    return found


def signals(module: ast.AST) -> list[str]:
    """`@receiver(…)` and `signal.connect(…)`: order unknown, bulk writes missed."""
    found = []
    for node, names in calls(module):
        connects = names[-1] == "connect" and SIGNAL.search(".".join(names[:-1]))
        if names[-1] == "receiver" or connects:
            found.append(f"line {node.lineno}: {'.'.join(names)}")
    return found


def starts(module: ast.AST) -> dict[str, bool]:
    """Functions that move a deployment to RUNNING: {name and line: is decide(…) called there before that?}

    Coming back from UNCERTAIN is not a start: AWS was read, and the deployment had been started before.
    """
    found = {}
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef):
            continue
        back = {id(call) for call, _ in _inside_doubt(function)}
        named = [(node, names[-1]) for node, names in calls(function) if id(node) not in back]
        moves = [node.lineno for node, name in named if name == "transition" and _starts(node)]
        decided = [node.lineno for node, name in named if name == "decide"]
        if moves:
            found[f"line {min(moves)}: {function.name}"] = bool(decided) and min(decided) < min(moves)
    return found


def states_written(module: ast.AST) -> list[str]:
    """Statements that write a deployment's state themselves, past transition() and the decision before it. A row
    that begins as requested, or ended as a baseline, is no start."""
    found = []
    for node, names in calls(module):
        given = {word.arg: ast.unparse(word.value) for word in node.keywords}
        harmless = names[-1] == "create" and given.get("state") in {"State.REQUESTED", "State.SUCCEEDED"}
        if "Deployment" in names and names[-1] in WRITES and "state" in given and not harmless:
            found.append(f"line {node.lineno}: {'.'.join(names)}(state={given['state']})")
    return found


def unfenced(module: ast.Module) -> dict[str, list[str]]:
    """Writes of the engine that no fence stands before, by their function: a worker whose lease was taken over must
    write nothing. A fence is `fence(…)`, or a statement that names the `lease_epoch` it holds."""
    found: dict[str, list[str]] = {}
    for function in (node for node in module.body if isinstance(node, ast.FunctionDef)):
        named = list(calls(function))
        fences = [
            node.lineno
            for node, names in named
            if names[-1] == "fence" or any(word.arg == "lease_epoch" for word in node.keywords)
        ]
        for node, names in named:
            kept = names[0] == "journal" and names[-1] in {"set_step", "log", "intend", "record"}
            rows = names[-1] in WRITES and READS & set(names[:-1])
            if (kept or rows) and min(fences, default=node.lineno + 1) > node.lineno:
                found.setdefault(function.name, []).append(f"line {node.lineno}: {'.'.join(names)}()")
    return found


def starts_without_decision(module: ast.AST) -> list[str]:
    return [f"{place} starts without decide()" for place, decided in starts(module).items() if not decided]


def _starts(call: ast.Call) -> bool:
    named = [*call.args, *(word.value for word in call.keywords)]
    return any(
        isinstance(value, ast.Attribute) and chain(value)[-2:] == ["State", "RUNNING"] for value in named
    )


def _inside_doubt(function: ast.FunctionDef) -> Iterator[tuple[ast.Call, list[str]]]:
    for node in ast.walk(function):
        if isinstance(node, ast.If) and "State.UNCERTAIN" in ast.unparse(node.test):
            for statement in node.body:
                yield from calls(statement)


def upward_relations(model: type, height: dict[str, int]) -> list[str]:
    """Foreign keys to an app that stands higher in the flow: strings the import linter cannot see."""
    found, own = [], height[model._meta.app_label]
    for field in model._meta.get_fields():
        if not field.is_relation or field.auto_created or not field.related_model:
            continue
        target = height.get(field.related_model._meta.app_label)
        if target is not None and target > own:
            found.append(f"{model._meta.label}.{field.name} points up to {field.related_model._meta.label}")
    return found


def states(modules: Iterable[ast.Module]) -> list[str]:
    """The values of every StrEnum whose name ends in State."""
    found = []
    for module in modules:
        for node in module.body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("State"):
                found += [item.value.value for item in node.body if isinstance(item, ast.Assign)]
    return found


def says_nothing(name: str) -> bool:
    """A test's name is a sentence: at least three words after `test_`, and not `it_works`."""
    return name.startswith("test_") and (name.count("_") < 3 or name.endswith("it_works"))


def verbs_behind_the_door(door: ast.Module) -> set[str]:
    """The modules of the verbs that `door` (pipelines/actions/attempt.py) keeps in its list `VERBS`."""
    listed = next(
        node.value
        for node in door.body
        if isinstance(node, ast.Assign) and [chain(target) for target in node.targets] == [["VERBS"]]
    )
    names = {node.id for node in ast.walk(listed) if isinstance(node, ast.Name)}
    return {
        node.module
        for node in door.body
        if isinstance(node, ast.ImportFrom) and names & {alias.name for alias in node.names} - {"Verb"}
    }


def past_the_door(module: ast.AST, verbs: set[str]) -> list[str]:
    """Imports of one of these verbs, however they are written."""
    found = []
    for node in ast.walk(module):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found += [f"line {node.lineno}: {name}" for name in names if name in verbs]
    return found
