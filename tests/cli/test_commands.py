"""The commands against a scripted server: what is sent, what is printed, and the exit code of each
outcome."""

import email
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import relgate
from deployments.states import TERMINAL, State
from tests.cli.fake_server import HANG_UP, scripted

DIGEST = "sha256:" + "ab" * 32
SHA = "9f31c0" + "0" * 34
BUILD = {"id": "bld_1", "state": "received", "created": True, "release": "rel_1", "warnings": [],
         "links": {"html": "https://rg/b"}}  # fmt: skip
DEPLOYMENT = {"id": "dep_1", "state": "needs_approval", "reasons": [], "links": {"html": "https://rg/d"}}
RECORD = ["build", "record", "--application", "payments", "--version", "1.4.2", "--commit", SHA, "--branch", "main",
          "--repository", "https://github.com/acme/payments"]  # fmt: skip


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No CI, no configuration, no waiting; an empty directory."""
    for name in list(os.environ):
        if name.startswith(("RELGATE_", "GITHUB_", "GITLAB_", "CI_", "JENKINS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RELGATE_TOKEN", "rgt_secret")
    monkeypatch.chdir(tmp_path)
    slept = []
    monkeypatch.setattr(relgate.Server.__init__, "__defaults__", (slept.append,))
    return slept


@pytest.fixture
def run(capsys):
    def call(script, *arguments):
        code = relgate.main([*arguments, "--url", script.url] if script else list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def problem(code: str, **more) -> dict:
    return {"code": code, "title": "No", "detail": f"about {code}", "status": 0, **more}


# build record
# ---------------------------------------------------------------------------------------------------


def test_a_build_is_posted_as_the_contract_says(run, tmp_path):
    (tmp_path / "app.zip").write_bytes(b"zipped")
    with scripted((201, BUILD)) as script:
        code, out, _ = run(
            script, *RECORD,
            "--artifact", f"template=s3://bucket/t.json#v1@{DIGEST}",
            "--artifact", "function=s3://bucket/app.zip#v2",
            "--artifact-file", "function=app.zip",
            "--submitter", "dana@acme.example", "--run-provider", "github", "--run-id", "7", "--run-url", "https://r",
        )  # fmt: skip
    (asked,) = script.asked
    assert (code, asked.method, asked.path) == (0, "POST", "/api/v1/builds")
    assert asked.headers["Authorization"] == "Bearer rgt_secret"
    assert len(asked.headers["Idempotency-Key"]) == 36
    assert asked.json == {
        "application": "payments",
        "version": "1.4.2",
        "commit": SHA,
        "branch": "main",
        "repository": "https://github.com/acme/payments",
        "run": {"provider": "github", "id": "7", "attempt": 1, "url": "https://r"},
        "submitter": "dana@acme.example",
        "artifacts": [
            {
                "name": "template",
                "kind": "cloudformation-template",
                "uri": "s3://bucket/t.json",
                "version_id": "v1",
                "digest": DIGEST,
            },
            {
                "name": "function",
                "kind": "lambda-zip",
                "uri": "s3://bucket/app.zip",
                "version_id": "v2",
                "digest": "sha256:" + hashlib.sha256(b"zipped").hexdigest(),
                "size": 6,
            },
        ],
    }
    assert "build bld_1: payments@1.4.2 recorded" in out


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"template=s3://b/t#1@{DIGEST}", "cloudformation-template"),
        (f"main=s3://b/x.template.json#1@{DIGEST}", "cloudformation-template"),
        (f"function=s3://b/f.zip#1@{DIGEST}", "lambda-zip"),
        (f"tests=s3://b/f.zip#1@{DIGEST}", "test-bundle"),
        (f"site=s3://b/f.zip#1@{DIGEST}", "s3-bundle"),
        (f"image=registry.example/team/app@{DIGEST}", "oci-image"),
        (f"notes=s3://b/notes.txt#1@{DIGEST}", "file"),
        (f"site:file=s3://b/f.zip#1@{DIGEST}", "file"),
    ],
)
def test_the_kind_is_guessed_or_said(text, kind):
    artifact = relgate.read_artifact(text, {})
    assert (artifact["kind"], artifact["digest"]) == (kind, DIGEST)


def test_an_image_keeps_its_digest_in_the_uri():
    assert relgate.read_artifact(f"image=r.example:5000/app@{DIGEST}", {}) == {
        "name": "image",
        "kind": "oci-image",
        "uri": f"r.example:5000/app@{DIGEST}",
        "digest": DIGEST,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--artifact", "no equals sign"],
        ["--artifact", "function=s3://b/f.zip#1"],
        ["--artifact", "function=s3://b/f.zip#1@sha256:abc"],
        ["--artifact", f"f=s3://b/f#1@{DIGEST}", "--artifact-file", "f=missing.zip"],
        ["--artifact", f"f=s3://b/f#1@{DIGEST}", "--artifact-file", "other=missing.zip"],
        ["--artifact", f"f=s3://b/f#1@{DIGEST}", "--artifact-file", "nonsense"],
        ["--artifact", f"f=s3://b/f#1@{DIGEST}", "--commits=--output=x"],
    ],
)
def test_a_build_that_cannot_be_described_is_never_posted(run, arguments):
    with scripted((201, BUILD)) as script:
        code, out, err = run(script, *RECORD, *arguments)
    assert (code, out, script.asked) == (2, "", [])
    assert err.startswith("relgate: ")


def test_a_local_copy_that_is_not_what_was_claimed_is_never_posted(run, tmp_path):
    (tmp_path / "app.zip").write_bytes(b"other")
    with scripted((201, BUILD)) as script:
        code, _, err = run(
            script, *RECORD, "--artifact", f"f=s3://b/f#1@{DIGEST}", "--artifact-file", "f=app.zip"
        )
    assert (code, script.asked) == (2, [])
    assert "has the digest" in err


def git(*arguments):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=Dana", "-c", "user.email=dana@acme.example", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, env=environment)


def test_commits_come_from_git_since_the_last_tag(run):
    git("init")
    git("commit", "--allow-empty", "-m", "first")
    git("tag", "v1")
    git("commit", "--allow-empty", "-m", "PAY-77 fix it\n\nCo-authored-by: Omar <omar@acme.example>")
    with scripted((201, BUILD)) as script:
        arguments = [part for part in RECORD if part not in ("--commit", SHA)]
        code, _, _ = run(script, *arguments, "--artifact", f"f=s3://b/f#1@{DIGEST}", "--commits", "auto")
    body = script.asked[0].json
    (commit,) = body["commits"]
    assert code == 0
    assert commit["sha"] == body["commit"]
    assert (commit["author"], commit["committer"], commit["ticket"]) == (
        "dana@acme.example",
        "dana@acme.example",
        "PAY-77",
    )
    assert commit["message"].endswith("Co-authored-by: Omar <omar@acme.example>")


def test_a_dry_run_sends_nothing(run):
    with scripted((201, BUILD)) as script:
        code, out, _ = run(
            script, *RECORD, "--artifact", f"f=s3://b/f#1@{DIGEST}", "--dry-run", "--output", "json"
        )
    assert (code, script.asked) == (0, [])
    assert json.loads(out)["would_post"]["version"] == "1.4.2"


# Answers and exit codes
# -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (400, "malformed_json", 2),
        (401, "token_expired", 5),
        (403, "forbidden", 5),
        (404, "not_found", 6),
        (409, "build_conflict", 7),
        (409, "denied", 3),
        (413, "too_large", 2),
        (422, "digest_invalid", 2),
        (422, "evidence_rejected", 3),
    ],
)
def test_each_refusal_has_its_exit_code_and_is_not_tried_again(run, status, code, exit_code):
    answer = problem(code, errors=[{"pointer": "/digest", "code": code, "detail": "64 hex digits"}],
                     reasons=[{"code": "freeze", "text": "Frozen.", "how_to_clear": "Wait."}])  # fmt: skip
    with scripted((status, answer)) as script:
        found, out, err = run(script, *RECORD, "--artifact", f"f=s3://b/f#1@{DIGEST}")
    assert (found, out, len(script.asked)) == (exit_code, "", 1)
    assert f"{code}: about {code}" in err
    assert "/digest" in err
    assert "freeze: Frozen. Wait." in err


@pytest.mark.parametrize(
    "failing", [(500, b"oops"), (503, problem("audit_unavailable")), (429, {}), (408, b""), HANG_UP]
)
def test_what_may_pass_is_tried_again_with_the_same_key(run, alone, failing):
    with scripted(failing, failing, (201, BUILD)) as script:
        code, _, _ = run(script, *RECORD, "--artifact", f"f=s3://b/f#1@{DIGEST}")
    assert code == 0
    assert len({asked.headers["Idempotency-Key"] for asked in script.asked}) == 1
    assert len({asked.body for asked in script.asked}) == 1
    assert len(script.asked) == 3
    assert len(alone) == 2
    assert all(0 <= pause <= 20 for pause in alone)


def test_retry_after_is_obeyed(run, alone):
    with scripted((429, {}, {"Retry-After": "17"}), (201, BUILD)) as script:
        assert run(script, *RECORD, "--artifact", f"f=s3://b/f#1@{DIGEST}")[0] == 0
    assert alone == [17]


def test_a_server_that_stays_away_is_exit_code_8(run):
    with scripted((502, b"bad gateway")) as script:
        code, out, err = run(script, "whoami", "--retries", "2")
    assert (code, out, len(script.asked)) == (8, "", 3)
    assert "answered 502, after 3 tries" in err
    code, _, err = run(None, "whoami", "--url", "http://127.0.0.1:9", "--retries", "0")
    assert code == 8


@pytest.mark.parametrize("content", [b"<html>hello</html>", b"\xff"])
def test_an_answer_that_is_not_json_is_a_server_problem(run, content):
    with scripted((200, content)) as script:
        assert run(script, "whoami")[0] == 8


def test_fail_open_turns_8_and_only_8_into_0_and_says_so(run):
    with scripted((500, b"")) as script:
        code, _, err = run(
            script, "gate", "check", "payments@1", "--to", "prod", "--retries", "0", "--fail-open"
        )
    assert code == 0
    assert "FAIL-OPEN" in err
    for answer, expected in (((409, problem("denied")), 3), ((401, problem("not_authenticated")), 5)):
        with scripted(answer) as script:
            code, _, err = run(script, "gate", "check", "payments@1", "--to", "prod", "--fail-open")
        assert code == expected
        assert "FAIL-OPEN" not in err


def test_a_redirect_is_not_followed_with_the_token(run):
    with scripted((200, {})) as other, scripted((302, b"", {"Location": other.url})) as script:
        code, _, err = run(script, "whoami")
    assert (code, other.asked) == (2, [])
    assert "redirects" in err


@pytest.mark.parametrize("url", ["ftp://x", "release-gate", "https://"])
def test_an_address_that_is_none_is_a_usage_error(run, url):
    assert run(None, "whoami", "--url", url)[0] == 2


def test_without_a_token_nothing_is_asked(run, monkeypatch):
    monkeypatch.delenv("RELGATE_TOKEN")
    with scripted((200, {})) as script:
        code, _, err = run(script, "whoami")
    assert (code, script.asked) == (2, [])
    assert "RELGATE_TOKEN" in err


def test_plain_http_to_another_machine_is_warned_about(run):
    _, _, err = run(None, "whoami", "--url", "http://gate.invalid", "--retries", "0", "--timeout", "0.1")
    assert "unencrypted" in err


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["build"], ["deploy"], ["evidence", "add", "odd", "x"]]
)
def test_a_wrong_command_line_ends_with_2(arguments):
    with pytest.raises(SystemExit) as ended:
        relgate.main(arguments)
    assert ended.value.code == 2


# evidence add
# ---------------------------------------------------------------------------------------------------

EVIDENCE = {"id": "evd_1", "state": "parsed", "verdict": "pass", "summary": {"tests": 3, "failed": 0}}


def test_reports_are_posted_one_by_one_to_the_build_of_that_version(run, tmp_path):
    for name in ("reports/a/one.xml", "reports/two.xml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(f"<{name}>\r\n--\x00".encode())
    with scripted((200, {"items": [{"id": "bld_9"}], "next": None}), (201, EVIDENCE)) as script:
        code, out, _ = run(
            script,
            "evidence",
            "add",
            "junit",
            "reports/**/*.xml",
            "--application",
            "payments",
            "--version",
            "1.4.2",
        )
    assert code == 0
    assert script.asked[0].path == "/api/v1/builds?application=payments&version=1.4.2"
    assert [asked.path for asked in script.asked[1:]] == ["/api/v1/builds/bld_9/evidence"] * 2
    for asked, name in zip(script.asked[1:], ("reports/a/one.xml", "reports/two.xml"), strict=True):
        message = email.message_from_bytes(
            b"Content-Type: " + asked.headers["Content-Type"].encode() + b"\r\n\r\n" + asked.body
        )
        parts = {part.get_param("name", header="Content-Disposition"): part for part in message.get_payload()}
        assert parts["kind"].get_payload() == "junit"
        assert parts["name"].get_payload() == name
        assert f"<{name}>\r\n--\x00".encode() in asked.body
    assert "3 tests" in out


def test_evidence_that_was_rejected_blocks(run, tmp_path):
    (tmp_path / "r.xml").write_bytes(b"x")
    with scripted((201, EVIDENCE | {"state": "rejected", "verdict": "none"})) as script:
        assert run(script, "evidence", "add", "junit", "r.xml", "--build", "bld_1")[0] == 3


def test_no_matching_file_is_a_usage_error(run):
    with scripted((201, EVIDENCE)) as script:
        assert run(script, "evidence", "add", "junit", "*.xml", "--build", "bld_1")[0] == 2
    assert script.asked == []


def test_an_unknown_build_is_not_found(run, tmp_path):
    (tmp_path / "r.xml").write_bytes(b"x")
    with scripted((200, {"items": [], "next": None})) as script:
        code, _, err = run(
            script, "evidence", "add", "junit", "r.xml", "--application", "p", "--version", "1"
        )
    assert (code, len(script.asked)) == (6, 1)
    assert "no build p@1" in err


# gate check
# -----------------------------------------------------------------------------------------------------


CLOSED = {"code": "outside_window", "text": "Closed.", "until": "2026", "how_to_clear": "Wait."}


def decision(verdict: str) -> dict:
    return {
        "verdict": verdict,
        "until": None,
        "reasons": [] if verdict == "allow" else [CLOSED],
        "checks": [],
    }


@pytest.mark.parametrize(("verdict", "exit_code"), [("allow", 0), ("deny", 3), ("wait", 4)])
def test_the_gate_answers_by_its_exit_code(run, verdict, exit_code):
    with scripted((200, decision(verdict))) as script:
        code, out, _ = run(
            script, "gate", "check", "payments@1.4.2", "--to", "prod", "--at", "2026-01-01T00:00:00Z"
        )
    assert code == exit_code
    assert script.asked[0].path == (
        "/api/v1/decision?application=payments&version=1.4.2&environment=prod&at=2026-01-01T00%3A00%3A00Z"
    )
    assert out.startswith(f"payments@1.4.2 to prod: {verdict}")
    assert ("outside_window until 2026: Closed. Wait." in out) is (verdict != "allow")


def test_the_gate_is_asked_again_while_there_is_time(run, alone):
    with scripted((200, decision("wait")), (200, decision("wait")), (200, decision("allow"))) as script:
        assert run(script, "gate", "check", "payments@1", "--to", "prod", "--wait", "30m")[0] == 0
    assert (len(script.asked), len(alone)) == (3, 2)


@pytest.mark.parametrize("release", ["payments", "@1", "payments@"])
def test_a_release_is_named_with_its_version(run, release):
    with scripted((200, decision("allow"))) as script:
        assert run(script, "gate", "check", release, "--to", "prod")[0] == 2
    assert script.asked == []


# deploy
# ---------------------------------------------------------------------------------------------------------


def test_a_request_without_wait_is_done_when_it_is_accepted(run):
    with scripted((202, DEPLOYMENT)) as script:
        code, out, _ = run(
            script,
            "deploy",
            "payments@1.4.2",
            "--to",
            "prod",
            "--reason",
            "Friday",
            "--parameter",
            "Stage=blue",
        )
    assert code == 0
    assert script.asked[0].json == {
        "application": "payments",
        "version": "1.4.2",
        "environment": "prod",
        "reason": "Friday",
        "parameters": {"Stage": "blue"},
    }
    assert "deployment dep_1 of payments@1.4.2 to prod: needs_approval" in out


@pytest.mark.parametrize(
    ("state", "exit_code"),
    [
        ("succeeded", 0),
        ("failed", 1),
        ("rolled_back", 1),
        ("rollback_failed", 1),
        ("cancelled", 3),
        ("rejected", 3),
        ("expired", 3),
        ("superseded", 3),
        ("withdrawn", 3),
        ("needs_human", 9),
    ],
)
def test_a_waited_deployment_ends_with_the_code_of_its_end(run, state, exit_code):
    following = [
        (200, DEPLOYMENT | {"state": name}) for name in ("needs_approval", "running", "verifying", state)
    ]
    with scripted((202, DEPLOYMENT), *following) as script:
        code, out, _ = run(
            script, "deploy", "payments@1.4.2", "--to", "prod", "--wait", "30m", "--output", "json"
        )
    assert code == exit_code
    assert json.loads(out)["state"] == state
    assert [asked.path for asked in script.asked[1:]] == ["/api/v1/deployments/dep_1?wait=60"] * 4


def test_every_state_of_a_deployment_is_an_end_or_is_waited_on():
    assert set(relgate.ENDS) == {str(state) for state in TERMINAL} | {str(State.NEEDS_HUMAN)}


@pytest.mark.parametrize(("state", "exit_code"), [("needs_approval", 4), ("waiting", 4), ("uncertain", 9)])
def test_when_the_wait_runs_out_it_says_so(run, monkeypatch, state, exit_code):
    clock = iter(range(0, 100_000, 20))
    monkeypatch.setattr(relgate.time, "monotonic", lambda: next(clock))
    with scripted((202, DEPLOYMENT), (200, DEPLOYMENT | {"state": state})) as script:
        code, _, _ = run(script, "deploy", "payments@1.4.2", "--to", "prod", "--wait", "90")
    assert code == exit_code


def test_waiting_for_people_does_not_spin(run, alone):
    following = [(200, DEPLOYMENT)] * 5 + [(200, DEPLOYMENT | {"state": "succeeded"})]
    with scripted((202, DEPLOYMENT), *following) as script:
        assert run(script, "deploy", "payments@1.4.2", "--to", "prod", "--wait", "2h")[0] == 0
    assert alone == [5.0] * 5


@pytest.mark.parametrize("text", ["soon", "5d", "-1", "1.5h", ""])
def test_a_time_that_is_none_is_refused_before_anything_is_asked(run, text):
    with scripted((202, DEPLOYMENT)) as script:
        code, _, _ = run(script, "deploy", "payments@1", "--to", "prod", f"--wait={text}")
    assert (code, len(script.asked)) == ((2, 0) if text else (0, 1))


# The rest
# -------------------------------------------------------------------------------------------------------


def test_status_shows_what_runs_where(run):
    items = [
        {"environment": "dev", "version": "1.1.0", "since": "2026-01-01T00:00:00Z", "in_progress": None},
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
    assert out.splitlines()[0].split() == ["dev", "1.1.0", "2026-01-01T00:00:00Z"]
    assert "(in progress: 1.1.0 running)" in out.splitlines()[1]


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
        run(script, *RECORD, "--artifact", f"f=s3://b/f#1@{DIGEST}", "--output", "github")
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
