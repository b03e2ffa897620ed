"""The second company's first build, from its CI's post to production and to the auditor's verifier."""

import pytest

from tests.demo import second_company as plan
from tests.demo.second_company import ADMIN, Company, problem
from tests.journeys.proof import verify
from tests.journeys.wire import Answer, Api, until

pytestmark = [pytest.mark.journey, pytest.mark.one_database, pytest.mark.timeout(300)]
REPORT = b'<testsuite name="u"><testcase name="a"/><testcase name="b"><skipped/></testcase></testsuite>'


def build(artifacts: list[dict], **more) -> dict:
    commits = [{"sha": "d" * 40, "author": "nils@nordlys.example", "message": "Close the year"}]
    given = {"branch": "trunk", "repository": "https://git.nordlys.example/ledger", "commits": commits}
    return {
        "application": "ledger",
        "version": "1",
        "commit": "d" * 40,
        "artifacts": artifacts,
        **given,
        **more,
    }


def voted(company: Company, row: dict, name: str, comment: str | None) -> Answer:
    approval = row["approval"]
    body = {"decision": "approve", "content_hash": approval["content_hash"]}
    body |= {} if comment is None else {"comment": comment}
    return company.person(name).ask("POST", f"/approvals/{approval['id']}/votes", body)


def asked(company: Company, environment: str) -> dict:
    """Nils asks; what is there once the plan is."""
    body = {"application": "ledger", "version": "1", "environment": environment, "reason": "Year end"}
    made = company.person("nils").ask("POST", "/deployments", body)
    assert made.status == 202, made.text
    assert made.headers["location"].endswith(f"/api/v1/deployments/{made.body['id']}")
    nils = company.person("nils")
    return until(
        lambda: (
            (row := nils.get(f"/deployments/{made.body['id']}?wait=5"))["state"]
            not in ("requested", "planning")
            and row
        ),
        what="it is planned",
    )


def ended(company: Company, row: dict) -> dict:
    nils = company.person("nils")
    return until(
        lambda: (now := nils.get(f"/deployments/{row['id']}?wait=10"))["ended_at"] and now,
        seconds=60,
        what="it has ended",
    )


def test_its_first_build_goes_live_with_four_peoples_words(company, tmp_path):
    ci, body = Api(company.server.url, company.tokens["ci"]), build(company.artifacts())
    posted = ci.ask("POST", "/builds", body)
    assert (posted.status, posted.body["created"], posted.body["state"]) == (201, True, "received")
    identity = posted.body["id"]
    assert posted.headers["location"] == f"{company.server.url}/api/v1/builds/{identity}"
    assert posted.body["release"].startswith("rel_")
    assert posted.body["links"] == {"html": f"{company.server.url}/releases/ledger/1"}
    again = ci.ask("POST", "/builds", body)
    assert (again.status, again.body["created"], again.body["id"]) == (200, False, identity)
    evidence = ci.upload(f"/builds/{identity}/evidence", {"kind": "junit", "name": "unit"}, "r.xml", REPORT)
    counted = {"tests": 2, "passed": 1, "failed": 0, "errors": 0, "skipped": 1, "duration": None}
    assert (evidence["state"], evidence["verdict"], evidence["summary"]) == ("parsed", "pass", counted)
    until(lambda: ci.get(f"/builds/{identity}")["state"] == "verified", what="the artifacts are verified")
    lab = ended(company, asked(company, "lab"))
    assert (lab["state"], lab["approval"]) == ("succeeded", None), lab
    row = asked(company, "live")
    assert (row["state"], row["plan"]["state"]) == ("needs_approval", "ready")
    assert [(slot["group"], slot["count"]) for slot in row["approval"]["slots"]] == [
        ("shift-leads", 2),
        ("security", 1),
        ("ledger-keepers", 1),
    ]
    assert problem(voted(company, row, "sven", None)) == (422, "comment_required", ["/comment"])
    for name, relation in (("nils", "requester"), (ADMIN, "pipeline_editor")):
        refused = voted(company, row, name, "I had a hand in it")
        assert (*problem(refused)[:2], refused.body["relation"]) == (403, "separation_of_duties", relation)
    assert problem(voted(company, row, "tove", "I only read here"))[:2] == (403, "not_eligible")
    slots = {}
    for name in ("liv", "sven", "jonas", "maja"):
        vote = voted(company, row, name, "Read it, and it is right.")
        assert vote.status == 201, vote.text
        slots[name] = (vote.body["slot"], vote.body["approval_state"])
    assert slots == {
        "liv": ("ledger-keepers", "open"),
        "sven": ("shift-leads", "open"),
        "jonas": ("security", "open"),
        "maja": ("shift-leads", "satisfied"),
    }
    live = ended(company, row)
    assert (live["state"], live["approval"]["state"]) == ("succeeded", "consumed"), live
    assert live["aws_identity"]["account"] == "555555555555"
    page = company.clients("s3", "555555555555", plan.REGION).get_object(
        Bucket="ledger-live", Key="index.html"
    )
    assert b"Ledger 1" in page["Body"].read()
    board = company.person("tove").get("/board")["items"]
    assert {one["environment"]: one["version"] for one in board} == {"lab": "1", "live": "1"}
    sealed = until(lambda: _whole_bundle(company), what="everything is sealed")
    checked = verify(tmp_path, sealed, company.person("tove").text("/audit/key"))
    assert (checked.returncode, checked.stdout[:2]) == (0, "OK"), checked.stderr


def _whole_bundle(company: Company) -> bytes | None:
    tove = company.person("tove")
    newest = tove.get("/audit/events", limit=1)["items"][0]
    return None if newest["leaf_index"] is None else tove.ask("GET", "/audit/bundle").data
