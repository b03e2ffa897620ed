"""Status, windows, doctor, snippets and the kinds of output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli import relgate
from tests.cli.answers import ARTIFACT, BUILD, RECORD, problem
from tests.cli.fake_server import scripted


def test_status_shows_what_runs_where(run):
    items = [
        {
            "environment": "dev",
            "version": "1.1.0",
            "since": "2026-01-01T00:00:00.123456Z",
            "in_progress": None,
        },
        {
            "environment": "prod",
            "version": None,
            "since": None,
            "in_progress": {"version": "1.1.0", "state": "running"},
        },
    ]
    with scripted((200, {"items": items, "next": None})) as script:
        code, out, _ = run(script, "status", "payments")
    assert (code, script.asked[0].path) == (0, "/api/v1/board?application=payments")
    head, dev, prod = out.splitlines()
    assert head.split() == ["ENVIRONMENT", "VERSION", "SINCE"]
    assert dev.split() == ["dev", "1.1.0", "2026-01-01T00:00:00Z"]
    assert dev.index("1.1.0") == head.index("VERSION")
    assert "(in progress: 1.1.0 running)" in prod


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"open_now": True, "opens_at": "A", "closes_at": "B"}, "prod is open, until B"),
        ({"open_now": True, "opens_at": None, "closes_at": None}, "prod is open\n"),
        ({"open_now": False, "opens_at": "A", "closes_at": "B"}, "prod opens at A, until B"),
        ({"open_now": False, "opens_at": None, "closes_at": None}, "does not open in the next 90 days"),
    ],
)
def test_the_next_window(run, answer, says):
    with scripted((200, answer | {"reasons": []})) as script:
        code, out, _ = run(script, "window", "next", "--env", "prod", "--application", "payments")
    assert (code, script.asked[0].path) == (0, "/api/v1/environments/prod/next-opening?application=payments")
    assert says in out


def test_doctor_shows_each_value_with_its_origin_and_no_secret(run, monkeypatch):
    monkeypatch.setenv("RELGATE_BRANCH", "main")
    with scripted((200, {"actor": "payments", "kind": "machine"})) as script:
        code, out, _ = run(script, "doctor", "--application", "payments")
    assert code == 0
    assert "rgt_secret" not in out
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert "flag" in lines["application"]
    assert "RELGATE_BRANCH" in lines["branch"]
    assert "knows us as payments" in out


@pytest.mark.parametrize("arguments", [["--url", "http://127.0.0.1:1", "--retries", "0"], []])
def test_doctor_shows_the_values_most_of_all_when_the_server_does_not_answer(run, monkeypatch, arguments):
    monkeypatch.setenv("RELGATE_APPLICATION", "payments")
    code, out, _ = run(None, "doctor", *arguments)
    assert code == (8 if arguments else 2)
    assert "RELGATE_APPLICATION" in out
    assert out.splitlines()[-1].startswith("no answer: " if arguments else "url is not set: ")


def test_doctor_says_what_git_knows(run):
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "topic"], check=True)
    address = "https://ci-token:hunter2@git.example/acme/payments.git"
    subprocess.run(["git", "remote", "add", "origin", address], check=True)
    with scripted((200, {"actor": "payments"})) as script:
        _, out, _ = run(script, "doctor")
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert lines["repository"] == ["git", "https://git.example/acme/payments.git"]
    assert "hunter2" not in out


def test_an_address_of_a_page_is_one_that_can_be_opened(run):
    with scripted((201, BUILD | {"links": {"html": "/builds/bld_1"}})) as script:
        _, out, _ = run(script, *RECORD, *ARTIFACT)
    assert f"  {script.url}/builds/bld_1\n" in out


def test_whoami_leaves_out_what_is_empty(run):
    answer = {
        "kind": "human",
        "actor": "dana",
        "teams": ["payments", "web"],
        "groups": [],
        "application": None,
    }
    with scripted((200, answer)) as script:
        _, out, _ = run(script, "whoami")
    assert out == "kind: human\nactor: dana\nteams: payments, web\n"


@pytest.mark.parametrize("system", sorted(relgate.SNIPPETS))
def test_every_ci_has_a_snippet_that_names_the_url_and_no_token(run, system):
    code, out, _ = run(None, "snippet", system, "--url", "https://gate.example", "--application", "payments")
    assert code == 0
    assert "https://gate.example" in out
    assert "--application payments --version" in out
    assert "rgt_" not in out
    assert "[[" not in out.replace("[[ ", "")


def test_there_is_a_snippet_for_every_ci_that_is_recognised():
    assert set(relgate.SNIPPETS) == {name for name, _, _ in relgate.CI_SYSTEMS}


def test_github_gets_annotation_outputs_and_a_summary(run, monkeypatch, tmp_path):
    for name in ("OUTPUT", "ENV", "STEP_SUMMARY"):
        monkeypatch.setenv(f"GITHUB_{name}", str(tmp_path / name))
    with scripted((201, BUILD)) as script:
        run(script, *RECORD, *ARTIFACT, "--output", "github")
    assert (tmp_path / "OUTPUT").read_text() == "exit_code=0\nid=bld_1\nstate=received\nurl=https://rg/b\n"
    assert (tmp_path / "ENV").read_text() == "RELGATE_BUILD=bld_1\n"
    with scripted((409, problem("denied", detail="50 %\nno"))) as script:
        code, out, _ = run(script, "deploy", "payments@1", "--to", "prod", "--output", "github")
    assert code == 3
    assert "::error title=relgate::relgate: denied: 50 %25%0Ano" in out
    assert "denied" in (tmp_path / "STEP_SUMMARY").read_text()


def test_json_output_is_one_object_with_the_exit_code(run):
    with scripted((404, problem("not_found"))) as script:
        code, out, err = run(script, "gate", "check", "payments@1", "--to", "prod", "--output", "json")
    assert (code, err) == (6, "")
    answer = json.loads(out)
    assert (answer["code"], answer["exit_code"]) == ("not_found", 6)


def test_an_unknown_output_from_the_environment_is_refused(run, monkeypatch):
    monkeypatch.setenv("RELGATE_OUTPUT", "xml")
    code, _, err = run(None, "snippet", "github")
    assert code == 2
    assert "xml" in err


def test_the_file_runs_on_its_own(tmp_path):
    copy = tmp_path / "relgate.py"
    copy.write_bytes(Path(relgate.__file__).read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(copy), "snippet", "github"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "build record" in done.stdout
