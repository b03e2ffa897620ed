"""Where values come from: flag, environment, relgate.toml, CI; and that the file stands alone."""

import ast
import json
import sys
from pathlib import Path

import pytest

from cli import relgate
from cli.relgate import Config, Exit, detect_ci

FILE = Path(relgate.__file__)
SHA = "9f31c0" + "0" * 34
# What each CI sets in a job, and what must be read from it.
JOBS = {
    "github": (
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_SHA": SHA,
            "GITHUB_REF_NAME": "main",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/payments",
            "GITHUB_RUN_ID": "105",
            "GITHUB_RUN_ATTEMPT": "2",
        },
        {
            "commit": SHA,
            "branch": "main",
            "repository": "https://github.com/acme/payments",
            "run_id": "105",
            "run_attempt": "2",
            "run_url": "https://github.com/acme/payments/actions/runs/105/attempts/2",
        },
    ),
    "gitlab": (
        {
            "GITLAB_CI": "true",
            "CI_COMMIT_SHA": SHA,
            "CI_COMMIT_REF_NAME": "release/1",
            "CI_PROJECT_URL": "https://gitlab.com/acme/payments",
            "CI_JOB_ID": "7",
            "CI_JOB_URL": "https://gitlab.com/acme/payments/-/jobs/7",
            "GITLAB_USER_EMAIL": "dana@acme.example",
        },
        {
            "commit": SHA,
            "branch": "release/1",
            "repository": "https://gitlab.com/acme/payments",
            "run_id": "7",
            "run_url": "https://gitlab.com/acme/payments/-/jobs/7",
            "submitter": "dana@acme.example",
        },
    ),
    "jenkins": (
        {
            "JENKINS_URL": "https://ci",
            "GIT_COMMIT": SHA,
            "GIT_BRANCH": "origin/main",
            "GIT_URL": "git@github.com:acme/payments.git",
            "BUILD_TAG": "jenkins-payments-7",
            "BUILD_URL": "https://ci/7",
        },
        {
            "commit": SHA,
            "branch": "main",
            "repository": "git@github.com:acme/payments.git",
            "run_id": "jenkins-payments-7",
            "run_url": "https://ci/7",
        },
    ),
    "codebuild": (
        {
            "CODEBUILD_CI": "true",
            "CODEBUILD_RESOLVED_SOURCE_VERSION": SHA,
            "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main",
            "CODEBUILD_BUILD_ID": "p:1",
        },
        {"commit": SHA, "branch": "main", "run_id": "p:1"},
    ),
    "circleci": (
        {"CIRCLECI": "true", "CIRCLE_SHA1": SHA, "CIRCLE_BRANCH": "main", "CIRCLE_BUILD_NUM": "9"},
        {"commit": SHA, "branch": "main", "run_id": "9"},
    ),
    "bitbucket": (
        {
            "BITBUCKET_BUILD_NUMBER": "3",
            "BITBUCKET_COMMIT": SHA,
            "BITBUCKET_BRANCH": "main",
            "BITBUCKET_REPO_FULL_NAME": "acme/payments",
        },
        {
            "commit": SHA,
            "branch": "main",
            "run_id": "3",
            "repository": "https://bitbucket.org/acme/payments",
            "run_url": "https://bitbucket.org/acme/payments/pipelines/results/3",
        },
    ),
    "buildkite": (
        {
            "BUILDKITE": "true",
            "BUILDKITE_COMMIT": SHA,
            "BUILDKITE_BRANCH": "main",
            "BUILDKITE_REPO": "https://github.com/acme/payments",
            "BUILDKITE_BUILD_ID": "b",
            "BUILDKITE_BUILD_URL": "https://buildkite.com/b",
            "BUILDKITE_BUILD_CREATOR_EMAIL": "dana@acme.example",
        },
        {
            "commit": SHA,
            "branch": "main",
            "repository": "https://github.com/acme/payments",
            "run_id": "b",
            "run_url": "https://buildkite.com/b",
            "submitter": "dana@acme.example",
        },
    ),
    "azure": (
        {
            "TF_BUILD": "True",
            "BUILD_SOURCEVERSION": SHA,
            "BUILD_SOURCEBRANCH": "refs/heads/main",
            "BUILD_REPOSITORY_URI": "https://dev.azure.com/acme/_git/p",
            "BUILD_BUILDID": "4",
            "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
            "SYSTEM_TEAMPROJECT": "p",
        },
        {
            "commit": SHA,
            "branch": "main",
            "repository": "https://dev.azure.com/acme/_git/p",
            "run_id": "4",
            "run_url": "https://dev.azure.com/acme/p/_build/results?buildId=4",
        },
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_each_ci_is_recognised_and_read(name):
    env, expected = JOBS[name]
    assert detect_ci(env) == (name, expected)


def test_outside_of_a_ci_nothing_is_guessed():
    assert detect_ci({"PATH": "/bin", "GITHUB_SHA": SHA}) == (None, {})


def test_a_pull_request_is_named_by_its_own_branch():
    env = JOBS["github"][0] | {"GITHUB_HEAD_REF": "topic", "GITHUB_REF_NAME": "12/merge"}
    assert detect_ci(env)[1]["branch"] == "topic"


def test_a_pull_request_is_of_its_own_commit_and_not_of_the_merge_github_made(tmp_path):
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": "a" * 40}}}))
    env = JOBS["github"][0] | {"GITHUB_EVENT_PATH": str(event)}
    assert detect_ci(env)[1]["commit"] == "a" * 40
    for text in ("{}", "no json", '{"pull_request": null}'):
        event.write_text(text)
        assert detect_ci(env)[1]["commit"] == SHA


def test_a_flag_that_may_be_repeated_is_one_a_line_in_the_environment_and_a_list_in_the_file(tmp_path):
    (tmp_path / "relgate.toml").write_text('artifact-file = ["a=1.zip", "b=2.zip"]\n')
    assert Config({}, {}, tmp_path).several("artifact_file") == ["a=1.zip", "b=2.zip"]
    env = {"RELGATE_ARTIFACT_FILE": "c=3.zip\n\n d=4.zip \n"}
    assert Config({}, env, tmp_path).several("artifact_file") == ["c=3.zip", "d=4.zip"]
    assert Config({"artifact_file": ["e=5.zip"]}, env, tmp_path).several("artifact_file") == ["e=5.zip"]
    assert Config({}, {}).several("artifact") == []


def options(parser):
    """Every option of the parser and of the commands below it."""
    for action in parser._actions:
        yield from [action] if action.option_strings else []
        for below in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
            yield from options(below)


def test_every_flag_reaches_its_command_through_the_configuration():
    """`args.<flag>` anywhere would be a flag that its variable and relgate.toml cannot set."""
    flags = {action.dest for action in options(relgate.build_parser())} - {"help", "show_version"}
    assert {"wait", "key", "artifact", "from", "reason", "name"} <= flags
    tree = ast.parse(FILE.read_text())
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "args"
    }
    assert read & flags == set()


def test_flag_beats_environment_beats_file_beats_ci_beats_default(tmp_path):
    (tmp_path / "relgate.toml").write_text('commit = "from file"\ntimeout = 7\n')
    env = dict(JOBS["github"][0])
    steps = [
        ({"commit": "from flag"}, env | {"RELGATE_COMMIT": "from env"}, ("from flag", "flag")),
        ({}, env | {"RELGATE_COMMIT": "from env"}, ("from env", "RELGATE_COMMIT")),
        ({}, env, ("from file", "relgate.toml")),
    ]
    for flags, environment, expected in steps:
        assert Config(flags, environment, tmp_path).find("commit") == expected
    bare = Config({}, env, tmp_path / "nowhere")
    assert bare.find("commit") == (SHA, "github")
    assert bare.find("timeout") == ("30", "default")
    assert bare.find("token") == (None, "not set")
    assert Config({}, env, tmp_path).number("timeout") == 7


def test_an_empty_variable_is_not_set():
    assert Config({}, {"RELGATE_URL": ""}).find("url") == (None, "not set")


@pytest.mark.parametrize("text", ["nonsense = [", "\x00"])
def test_a_file_that_is_not_toml_is_a_usage_error(tmp_path, text):
    (tmp_path / "relgate.toml").write_text(text)
    with pytest.raises(Exit) as refused:
        Config({}, {}, tmp_path)
    assert refused.value.code == relgate.USAGE


def test_an_old_python_says_that_it_does_not_read_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(relgate, "tomllib", None)
    (tmp_path / "relgate.toml").write_text('url = "https://x"\n')
    config = Config({}, {}, tmp_path)
    assert config.find("url") == (None, "not set")
    assert "needs Python 3.11" in config.file_note


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "1e9"])
def test_numbers_are_numbers(value):
    with pytest.raises(Exit) as refused:
        Config({"timeout": value}, {}).number("timeout")
    assert refused.value.code == relgate.USAGE


def test_what_is_needed_says_how_to_give_it():
    with pytest.raises(Exit, match=r"--url, RELGATE_URL or relgate\.toml"):
        Config({}, {}).need("url")


@pytest.mark.parametrize(
    ("value", "answer"), [("true", True), ("1", True), ("yes", True), ("0", False), (None, False)]
)
def test_a_switch_is_on_only_for_the_usual_words(value, answer):
    assert Config({"fail_open": value}, {}).truth("fail_open") is answer


def test_the_file_imports_nothing_but_the_standard_library():
    imported = set()
    for node in ast.walk(ast.parse(FILE.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module.split(".")[0])
    assert imported <= set(sys.stdlib_module_names)
    assert len(imported) > 10


def test_the_file_is_python_3_9():
    tree = ast.parse(FILE.read_text(), feature_version=(3, 9))
    later = {"bit_count", "pairwise", "ExceptionGroup", "batched"}
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & later
    # A union of types with | in an annotation fails at import there.
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert all(argument.annotation is None for function in functions for argument in function.args.args)
