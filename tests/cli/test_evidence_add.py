"""Reports: which files, which build, which bytes."""

import email

from builds.actions import attach_evidence
from builds.evidence import detect
from cli import relgate
from insights.reads import evidence as page
from tests.cli.fake_server import scripted

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


def test_the_command_the_server_and_the_page_know_the_same_kinds():
    assert relgate.EVIDENCE_KINDS == attach_evidence.KINDS == tuple(page.KINDS)


def test_what_is_read_is_what_has_a_reader_and_may_be_posted():
    assert set(detect.KINDS) == attach_evidence.READ
    assert set(attach_evidence.KINDS) >= attach_evidence.READ
