import pytest
from django.db import connection

from builds import evidence_store
from builds.actions import attach_evidence as attaching
from builds.actions.attach_evidence import (
    KINDS,
    LIMIT_BYTES,
    TooLarge,
    attach_evidence,
    attach_result,
    read_evidence,
    read_report,
)
from builds.actions.ingest import ingest
from builds.models import Evidence
from kernel.refusals import Forbidden, Invalid, NotFound
from tests import people
from tests.builds import events
from tests.builds.posts import post

pytestmark = pytest.mark.django_db

JUNIT = b"""<testsuite name="unit" tests="2" failures="1" time="1.5">
<testcase classname="a" name="one" time="1"/><testcase classname="a" name="two" time="0.5">
<failure message="no"/></testcase></testsuite>"""
GREEN = b'<testsuite name="u" tests="1"><testcase classname="a" name="one"/></testsuite>'
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><testsuite name="&b;"><testcase name="x"/></testsuite>"""


@pytest.fixture
def build():
    people.application("payments")
    made, _ = ingest(actor=people.ci(), post=post())
    return made


def attach(build, kind="junit", data=JUNIT, name="unit", actor=None):
    about = {"actor": actor or people.ci(), "build_id": build.pk}
    return attach_evidence(**about, report=read_evidence(**about, kind=kind, name=name, data=data))


def nothing_stored(evidence_dir):
    assert Evidence.objects.count() == 0
    assert "evidence.added" not in events.kinds()
    assert [path for path in evidence_dir.rglob("*") if path.is_file()] == []


def test_a_junit_report_is_counted_stored_and_recorded(build, evidence_dir):
    evidence = attach(build)
    stored = Evidence.objects.get()
    assert stored.pk == evidence.pk
    assert (stored.kind, stored.name, stored.state, stored.verdict) == ("junit", "unit", "parsed", "fail")
    assert stored.subject == f"build:{build.pk}"
    assert {key: stored.summary[key] for key in ("tests", "passed", "failed", "errors", "skipped")} == {
        "tests": 2,
        "passed": 1,
        "failed": 1,
        "errors": 0,
        "skipped": 0,
    }
    assert stored.size == len(JUNIT)
    assert stored.posted_by == "application:payments"
    assert evidence_store.read(stored.digest) == JUNIT
    event = events.body("evidence.added")
    assert (event["subject"], event["application"]) == (f"build:{build.pk}", "payments")
    assert event["data"] == {
        "evidence": stored.pk,
        "build": build.pk,
        "kind": "junit",
        "verdict": "fail",
        "digest": stored.digest,
        "size": len(JUNIT),
    }
    assert events.opened(event["id"])["name"] == "unit"


def test_a_passing_report_passes(build):
    assert attach(build, data=GREEN).verdict == "pass"


def test_a_report_without_tests_is_no_pass(build):
    evidence = attach(build, data=b'<testsuite name="empty"/>')
    assert evidence.verdict != "pass"
    assert evidence.summary["tests"] == 0


def test_evidence_is_appended_never_replaced(build):
    first, second = attach(build), attach(build, data=GREEN)
    assert list(Evidence.objects.order_by("created_at", "id").values_list("id", flat=True)) in (
        [first.pk, second.pk],
        [second.pk, first.pk],
    )
    assert Evidence.objects.count() == 2


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("junit", "coverage")])
def test_a_kind_that_is_not_evaluated_is_kept_but_counts_for_nothing(build, kind):
    evidence = attach(build, kind=kind, data=b'{"everything": "fine"}')
    assert (evidence.state, evidence.verdict, evidence.summary) == ("parsed", "none", {})
    assert [problem["code"] for problem in evidence.problems] == ["not_evaluated"]
    assert evidence_store.read(evidence.digest) == b'{"everything": "fine"}'


def test_an_unknown_kind_is_refused_naming_the_kinds(build, evidence_dir):
    with pytest.raises(Invalid) as refused:
        attach(build, kind="trust-me")
    (error,) = refused.value.errors
    assert (refused.value.status, error["pointer"], error["code"]) == (422, "/kind", "evidence_kind_unknown")
    assert all(kind in error["detail"] for kind in KINDS)
    nothing_stored(evidence_dir)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "a\x00b"])
def test_a_name_that_cannot_be_shown_is_refused(build, evidence_dir, name):
    with pytest.raises(Invalid) as refused:
        attach(build, name=name)
    assert refused.value.code == "name_invalid"
    nothing_stored(evidence_dir)


def test_broken_xml_is_refused_with_line_and_column_and_the_denial_says_so(build, evidence_dir):
    with pytest.raises(Invalid) as refused:
        attach(build, data=b"<testsuite>\n  <testcase name='x'>\n</testsuite>")
    assert (refused.value.status, refused.value.code) == (422, "evidence_rejected")
    (error,) = refused.value.errors
    assert error["line"] == 3
    assert isinstance(error["column"], int)
    denial = refused.value.denial
    assert (denial.kind, denial.subject, denial.data["line"]) == ("evidence.refused", f"build:{build.pk}", 3)
    nothing_stored(evidence_dir)


@pytest.mark.parametrize("data", [BOMB, b"", b"\x00\x01", b"{}", b"PK\x03\x04"])
def test_what_cannot_be_read_safely_is_never_stored_as_evidence(build, evidence_dir, data):
    with pytest.raises(Invalid) as refused:
        attach(build, data=data)
    assert refused.value.code == "evidence_rejected"
    nothing_stored(evidence_dir)


def test_a_junit_report_posted_as_coverage_is_refused(build, evidence_dir):
    with pytest.raises(Invalid) as refused:
        attach(build, kind="coverage", data=GREEN)
    assert refused.value.code == "evidence_rejected"
    nothing_stored(evidence_dir)


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(build, evidence_dir):
    with pytest.raises(TooLarge) as refused:
        attach(build, kind="custom", data=b"x" * (LIMIT_BYTES + 1))
    assert (refused.value.status, refused.value.code) == (413, "too_large")
    nothing_stored(evidence_dir)
    assert attach(build, kind="custom", data=b"x" * LIMIT_BYTES).size == LIMIT_BYTES


def test_another_applications_build_does_not_exist(build, evidence_dir):
    people.application("storefront")
    with pytest.raises(NotFound):
        attach(build, actor=people.ci("storefront"))
    nothing_stored(evidence_dir)


def test_a_token_without_the_scope_is_refused(build, evidence_dir):
    with pytest.raises(Forbidden) as refused:
        attach(build, actor=people.ci(scopes=["builds:write", "read"]))
    assert refused.value.extra["missing_permission"] == "scope evidence:write"
    nothing_stored(evidence_dir)


def test_an_auditor_reads_and_adds_nothing(build, evidence_dir):
    with pytest.raises(Forbidden):
        attach(build, actor=people.auditor())
    nothing_stored(evidence_dir)


def test_a_result_of_a_deployment_belongs_to_the_deployment_not_to_the_build(build):
    about = {"build": build, "subject": "deployment:dep_x"}
    report = read_report(kind="junit", name="smoke", data=GREEN, **about)
    evidence = attach_result(actor=people.ci(), report=report, **about)
    assert (evidence.subject, evidence.build_id) == ("deployment:dep_x", build.pk)
    event = events.body("evidence.added")
    assert (event["subject"], event["data"]["build"]) == ("deployment:dep_x", build.pk)


@pytest.mark.django_db(transaction=True)
def test_a_report_is_read_and_kept_outside_any_transaction(build, monkeypatch):
    """SQLite has one lock for all who write, and a deployment one row."""
    inside = []
    for module, name in ((attaching, "read"), (evidence_store, "keep")):
        monkeypatch.setattr(module, name, watched(getattr(module, name), inside))
    attach(build)
    assert inside == [False, False]


def watched(function, inside: list):
    def call(*args):
        inside.append(connection.in_atomic_block)
        return function(*args)

    return call
