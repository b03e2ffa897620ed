"""The documents are true: links lead somewhere, commands exist, tables are complete."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from approvals.states import ApprovalState
from audit.tags import Kind
from builds.states import ArtifactState, BuildState
from cli import relgate
from deployments.states import NEXT, State, StepState
from releases.states import ReleaseState
from tests.architecture import source
from tests.architecture.test_shape import nothing

DOCUMENTS = [path for path in source.tracked() if path.endswith(".md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def first_column(path: str) -> list[str]:
    """The code in the first cell of every row of every table."""
    return re.findall(r"^\| `([^`]+)`", source.text(path), re.MULTILINE)


def broken_links(path: str, text: str) -> list[str]:
    links = [link for link in LINK.findall(text) if "://" not in link]
    return [link for link in links if not _leads_somewhere(path, link)]


def _leads_somewhere(path: str, link: str) -> bool:
    target, _, anchor = link.partition("#")
    file = (source.ROOT / path).parent / target if target else source.ROOT / path
    if not file.exists():
        return False
    if not anchor:
        return True
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere():
    nothing({path: found for path in DOCUMENTS if (found := broken_links(path, source.text(path)))})


CITES = (".py", ".html", ".css", ".js", ".sql", ".toml", ".yml", "Makefile", "Dockerfile")
CITED = re.compile(r"[\w./*-]*\w\.md\b")


def cited_and_absent(text: str) -> list[str]:
    """Documents that code names and nobody who has only this repository can open."""
    return [name for name in CITED.findall(text) if not (source.ROOT / name).is_file()]


def test_every_document_that_code_names_is_in_the_repository():
    here = "tests/architecture/test_docs.py"
    places = [path for path in source.tracked() if path.endswith(CITES) and path != here]
    places = [path for path in places if not path.startswith("static/vendor/")]
    nothing({path: found for path in places if (found := cited_and_absent(source.text(path)))})


def test_a_document_that_is_not_there_is_found():
    assert cited_and_absent("as api.md says (docs/reference/api.md)") == ["api.md"]


def test_exactly_the_requirements_that_code_cites_are_explained():
    explained = first_column("docs/reference/requirements.md")
    assert explained == sorted(explained)
    cited = set()
    for path in source.python(*source.FLOW, "cli", "tests", "bench", "ship"):
        cited |= set(re.findall(r"\b[A-K]\d\d\b", source.text(path)))
    assert cited == set(explained)


@pytest.mark.parametrize("link", ["docs/nowhere.md", "README.md#no-such-heading"])
def test_a_broken_link_is_found(link):
    assert broken_links("README.md", f"see [there]({link})") == [link]
    assert broken_links("README.md", "see [there](README.md#two-commands)") == []


def test_the_readme_is_short_and_names_exactly_two_commands_to_begin_with():
    text = source.text("README.md")
    assert text.count("\n") <= 200
    begin = text.split("## Two commands")[1].split("## ")[0]
    assert re.findall(r"^make (\w+)", begin, re.MULTILINE) == ["demo", "test"]


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^(\w+):", source.text("Makefile"), re.MULTILINE))
    named = {
        word
        for path in DOCUMENTS
        for word in re.findall(r"`make (\w+)|^make (\w+)", source.text(path), re.MULTILINE)
    }
    assert {first or second for first, second in named} - targets == set()


def test_make_help_lists_every_target():
    command = ["make", "--no-print-directory", "MAKEFLAGS=", "help"]
    answer = subprocess.run(command, cwd=source.ROOT, capture_output=True, text=True, check=True).stdout
    phony = set(re.findall(r"^\.PHONY: (\w+)", source.text("Makefile"), re.MULTILINE))
    assert {line.split()[1] for line in answer.splitlines()} == phony


def commands_of(path: str) -> list[list[str]]:
    """What documents tell people to type at relgate, as words."""
    text = source.text(path)
    return [line.split() for line in re.findall(r"(?:cli/relgate\.py|`relgate) ([^`\n]+)", text)]


def test_every_relgate_command_that_is_named_is_understood():
    said = [words for path in ("README.md", "docs/reference/cli.md") for words in commands_of(path)]
    assert len(said) > 8
    for words in said:
        verb = [word for word in words[:2] if re.fullmatch(r"[a-z]+", word)]
        run = subprocess.run(
            [sys.executable, "cli/relgate.py", *verb, "--help"],
            cwd=source.ROOT,
            capture_output=True,
            text=True,
        )
        tried = run if run.returncode == 0 else _help_of(verb[:1])
        flags = {word for word in words if word.startswith("--")}
        assert tried.returncode == 0, f"relgate {' '.join(verb)}"
        assert flags - {"--help"} <= set(re.findall(r"--[a-z-]+", tried.stdout)), words


def _help_of(verb: list[str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "cli/relgate.py", *verb, "--help"]
    return subprocess.run(command, cwd=source.ROOT, capture_output=True, text=True)


def test_every_exit_code_is_explained():
    rows = re.findall(r"^\| (\d) \|", source.text("docs/reference/cli.md"), re.MULTILINE)
    assert rows == [str(code) for code in range(10)]


def test_every_flag_that_all_commands_take_is_explained():
    explained = re.findall(
        r"`(--[a-z-]+)`",
        "".join(re.findall(r"^\| (`--.*?) \|", source.text("docs/reference/cli.md"), re.MULTILINE)),
    )
    taken = [flag for action in relgate.global_flags()._actions for flag in action.option_strings]
    assert sorted(explained) == sorted(taken)


def test_every_decision_that_is_named_was_taken():
    taken = {Path(path).name[:4] for path in DOCUMENTS if path.startswith("docs/adr/")}
    named = {
        (path, number)
        for path in source.tracked()
        if path.endswith((".py", ".md", ".toml", ".yml", "Makefile"))
        for number in re.findall(r"ADR (\d{4})", source.text(path))
    }
    assert named
    nothing(place for place in named if place[1] not in taken)


def test_every_state_is_explained_and_every_edge_is_drawn():
    sections = re.split(r"^## ", source.text("docs/reference/states.md"), flags=re.MULTILINE)[1:]
    rows = {part.split("\n")[0]: re.findall(r"^\| `(\w+)`", part, re.MULTILINE) for part in sections}
    enums = {
        "Deployment": State,
        "Build": BuildState,
        "Artifact": ArtifactState,
        "Release": ReleaseState,
        "Approval request": ApprovalState,
        "Step": StepState,
    }
    assert rows == {name: [str(state) for state in enum] for name, enum in enums.items()}
    for line in re.findall(r"^\| `.*\|$", sections[0], re.MULTILINE):
        state, _, following = (cell.strip() for cell in line.strip("|").split("|"))
        assert set(re.findall(r"`(\w+)`", following)) == {str(to) for to in NEXT[State(state.strip("`"))]}, (
            state
        )


def test_every_kind_of_event_is_explained():
    assert first_column("docs/reference/audit-events.md") == [str(kind) for kind in Kind]


def test_exactly_the_kinds_that_nothing_writes_are_marked_so():
    """A kind is written where its name stands as text, or as a member of Kind, in the apps that write events."""
    writers = [path for path in source.product() if not path.startswith(("insights/", "cli/"))]
    names = {str(kind): kind.name for kind in Kind}
    said = {f"deployment.{state}" for state in State} | {f"artifact.{state}" for state in ArtifactState}
    for path in writers:
        if path == "audit/tags.py":
            continue
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.Constant):
                said.add(node.value)
            elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Kind":
                said |= {kind for kind, name in names.items() if name == node.attr}
    text = source.text("docs/reference/audit-events.md")
    marked = set(re.findall(r"^\| `([^`]+)` \| \*not yet\*", text, re.MULTILINE))
    assert marked == set(names) - said


def test_the_bundle_is_described_as_it_is_checked():
    files, body = source.text("docs/reference/bundle.md").split("## The body of a leaf")
    assert re.findall(r"^\| `([\w.]+)` \|", files, re.MULTILINE) == list(relgate.MEMBERS)
    assert set(re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)) == relgate.BODY_KEYS
    assert set(relgate.SIGNED) | set(relgate.STATED) <= set(re.findall(r"`(\w+)`", body))


def test_every_kind_that_is_written_is_published():
    written = set()
    for path in source.python(
        "audit", "approvals", "builds", "deployments", "pipelines", "releases", "teams"
    ):
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "append":
                kinds = [word.value for word in node.keywords if word.arg == "kind"]
                written |= {kind.value for kind in kinds if isinstance(kind, ast.Constant)}
    assert written, "no call of append() was found"
    assert sorted(written - {str(kind) for kind in Kind}) == []


def test_every_reason_that_is_given_is_explained():
    given = set()
    for path in source.python("approvals", "builds", "deployments", "pipelines", "releases"):
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and node.args:
                given |= {value.value for value in ast.walk(node.args[0]) if isinstance(value, ast.Constant)}
    assert len(given) > 10
    assert given - set(first_column("docs/reference/reasons.md")) == set()


def test_every_setting_is_explained_and_no_other():
    text, elsewhere = source.text("docs/reference/configuration.md").split("## Read elsewhere")
    read = set(re.findall(r'env_\w+\(\s*"(\w+)"', source.text("releasegate/settings.py")))
    assert set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)) == read
    outside = given_to_containers() - read
    for path in source.python(*source.FLOW):
        if not path.startswith("aws/sandbox/"):
            outside |= set(re.findall(r'os\.environ(?:\.get\(|\[)"(\w+)"', source.text(path)))
    assert set(re.findall(r"^\| `([^`]+)`", elsewhere, re.MULTILINE)) == outside


def given_to_containers() -> set[str]:
    """Variables that docker-compose.yml gives our own processes; `X_FILE` holds the path of the secret `X`."""
    compose = yaml.safe_load(source.text("docker-compose.yml"))
    ours = [
        service for service in compose["services"].values() if service["image"].startswith("release-gate:")
    ]
    names = {name for service in ours for name in service.get("environment", {})}
    return {name if name.startswith("AWS_") else name.removesuffix("_FILE") for name in names}


def test_every_path_of_the_api_is_listed_with_its_methods():
    rows = re.findall(r"^\| ([A-Z ]+) \| `/(.+)` \|$", source.text("docs/reference/api.md"), re.MULTILINE)
    listed = {path: set(methods.split()) for methods, path in rows}
    there = {}
    apps = [name for name in source.APPS if f"{name}/urls.py" in source.tracked() and name != "releasegate"]
    for entry in (entry for app in apps for entry in importlib.import_module(f"{app}.urls").api):
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(entry.pattern))
        view = entry.callback.view_class
        methods = {name for name in ("GET", "POST", "PUT", "PATCH", "DELETE") if hasattr(view, name.lower())}
        there[path] = there.get(path, set()) | methods
    assert listed == there


def test_every_dependency_has_its_reason():
    wanted = set()
    for path in ("requirements/runtime.in", "requirements/dev.in"):
        lines = [line for line in source.text(path).splitlines() if line and line[0] not in "#-"]
        wanted |= {re.split(r"[\[<>=~ ]", line)[0].lower() for line in lines}
    rows = re.findall(r"^\| ([\w.-]+) \| .{3,} \|$", source.text("docs/dependencies.md"), re.MULTILINE)
    assert {row.lower() for row in rows} - {"package"} == wanted


def test_every_decision_is_numbered_titled_and_argued():
    files = sorted(path for path in source.tracked() if path.startswith("docs/adr/"))
    assert [int(Path(path).name[:4]) for path in files] == list(range(1, len(files) + 1))
    for path in files:
        text = source.text(path)
        title = text.splitlines()[0]
        number, words = re.fullmatch(r"# (\d+)\. (.*)", title).groups()
        assert Path(path).stem == f"{int(number):04d}-" + re.sub(r"[^a-z0-9 ]", "", words.lower()).replace(
            " ", "-"
        )
        assert all(part in text for part in ("**Decided.**", "**Why.**", "**Price.**")), path


def test_the_version_is_the_changelogs_everywhere():
    version = re.search(r"^## \[(\d+\.\d+\.\d+)\]", source.text("CHANGELOG.md"), re.MULTILINE).group(1)
    assert source.text("docker-compose.yml").count(f"release-gate:{version}") == 1
    assert f'VERSION = "{version}"' in source.text("cli/relgate.py")
