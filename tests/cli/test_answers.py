"""What the server may answer, and the exit code of each."""

import pytest

from cli import relgate
from tests.cli.answers import ARTIFACT, BUILD, RECORD, problem
from tests.cli.fake_server import HANG_UP, scripted


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
        found, out, err = run(script, *RECORD, *ARTIFACT)
    assert (found, out, len(script.asked)) == (exit_code, "", 1)
    assert f"{code}: about {code}" in err
    assert "/digest" in err
    assert "freeze: Frozen. Wait." in err


@pytest.mark.parametrize(
    "failing", [(500, b"oops"), (503, problem("audit_unavailable")), (429, {}), (408, b""), HANG_UP]
)
def test_what_may_pass_is_tried_again_with_the_same_key(run, alone, failing):
    with scripted(failing, failing, (201, BUILD)) as script:
        code, _, _ = run(script, *RECORD, *ARTIFACT)
    assert code == 0
    assert len({asked.headers["Idempotency-Key"] for asked in script.asked}) == 1
    assert len({asked.body for asked in script.asked}) == 1
    assert len(script.asked) == 3
    assert len(alone) == 2
    assert all(0 <= pause <= 20 for pause in alone)


def test_retry_after_is_obeyed(run, alone):
    with scripted((429, {}, {"Retry-After": "17"}), (201, BUILD)) as script:
        assert run(script, *RECORD, *ARTIFACT)[0] == 0
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
