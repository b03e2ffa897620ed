import pytest

from builds.evidence.guard import EvidenceRejected
from builds.evidence.junit import read

CASE = "<testcase name='a' classname='c' time='0.5'/>"


def suite(*cases: str, **attributes: str) -> bytes:
    given = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return f"<testsuite{given}>{''.join(cases)}</testsuite>".encode()


def counts(data: bytes) -> tuple:
    """(tests, passed, failed, errors, skipped) and the verdict."""
    facts = read(data)
    keys = ("tests", "passed", "failed", "errors", "skipped")
    return tuple(facts.summary[key] for key in keys), facts.verdict


def problems(data: bytes) -> list[str]:
    return [problem["code"] for problem in read(data).problems]


def test_a_plain_report_is_read_with_exactly_the_published_summary():
    facts = read(suite(CASE, CASE, "<testcase name='b' time='1'><skipped/></testcase>", tests="3"))
    assert facts.summary == {"tests": 3, "passed": 2, "failed": 0, "errors": 0, "skipped": 1, "duration": 2.0}
    assert (facts.kind, facts.dialect, facts.verdict, facts.problems) == ("junit", "junit", "pass", [])


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("failure", suite(CASE, "<testcase><failure/></testcase>"), ((2, 1, 1, 0, 0), "fail")),
        ("error", suite("<testcase><error/></testcase>"), ((1, 0, 0, 1, 0), "fail")),
        (
            "several outcomes in one case count once, as the worst",
            suite(
                "<testcase><skipped/><failure/><error/></testcase>",
                "<testcase><skipped/><failure/></testcase>",
            ),
            ((2, 0, 1, 1, 0), "fail"),
        ),
        (
            "nested suites are not counted twice",
            b"<testsuites tests='2'><testsuite tests='2'><testsuite tests='1'>%b</testsuite>"
            b"<testsuite tests='1'>%b</testsuite></testsuite></testsuites>" % (CASE.encode(), CASE.encode()),
            ((2, 2, 0, 0, 0), "pass"),
        ),
        (
            "only leaf cases count",
            suite(
                "<testcase name='parent'><testcase name='x'/><testcase name='y'><failure/></testcase></testcase>"
            ),
            ((2, 1, 1, 0, 0), "fail"),
        ),
        (
            "a failing parent of passing cases",
            suite("<testcase><failure/><testcase/></testcase>"),
            ((1, 1, 0, 0, 0), "fail"),
        ),
        ("tests claimed, none listed", suite(tests="6"), ((0, 0, 0, 0, 0), "none")),
        ("no suites at all", b"<testsuites/>", ((0, 0, 0, 0, 0), "none")),
        ("no tests", b"<testsuites tests='0'><testsuite name='x'/></testsuites>", ((0, 0, 0, 0, 0), "none")),
        (
            "a suite that failed as a whole",
            suite(CASE, "<error message='setup'/>"),
            ((1, 1, 0, 0, 0), "fail"),
        ),
        ("a suite that failed before its first test", suite("<failure/>"), ((0, 0, 0, 0, 0), "fail")),
        ("more failures claimed than listed", suite(CASE, failures="2"), ((1, 1, 0, 0, 0), "warn")),
        ("errors claimed and not listed", suite(CASE, errors="1"), ((1, 1, 0, 0, 0), "warn")),
        ("more tests claimed than listed", suite(CASE, tests="40"), ((1, 1, 0, 0, 0), "warn")),
        ("fewer claimed than listed", suite(CASE, CASE, tests="1"), ((2, 2, 0, 0, 0), "pass")),
        ("all skipped", suite("<testcase><skipped/></testcase>"), ((1, 0, 0, 0, 1), "warn")),
        (
            "surefire: failed at every attempt",
            suite("<testcase><failure/><rerunFailure/><rerunFailure/></testcase>"),
            ((1, 0, 1, 0, 0), "fail"),
        ),
        (
            "surefire: only reruns are written",
            suite("<testcase><rerunFailure/></testcase>"),
            ((1, 0, 1, 0, 0), "fail"),
        ),
        (
            "surefire: passed in the end",
            suite("<testcase><flakyFailure/></testcase>"),
            ((1, 1, 0, 0, 0), "pass"),
        ),
        ("gtest: not run", suite(CASE, "<testcase status='notrun'/>"), ((2, 1, 0, 0, 1), "pass")),
        (
            "gtest: suppressed",
            suite(CASE, "<testcase status='run' result='suppressed'/>"),
            ((2, 1, 0, 0, 1), "pass"),
        ),
        (
            "bazel",
            suite("<testcase status='run'><error/></testcase>", "<system-out>x</system-out>"),
            ((1, 0, 0, 1, 0), "fail"),
        ),
        (
            "an outcome in an attribute only",
            suite("<testcase status='FAILED'/>", "<testcase result='Error'/>"),
            ((2, 0, 1, 1, 0), "fail"),
        ),
        (
            "attributes that are no numbers",
            suite(CASE, tests="many", failures="-3", errors=""),
            ((1, 1, 0, 0, 0), "pass"),
        ),
        ("a count of a thousand digits", suite(CASE, failures="9" * 1000), ((1, 1, 0, 0, 0), "pass")),
        (
            "a namespace",
            b"<t:testsuite xmlns:t='urn:x'><t:testcase/></t:testsuite>",
            ((1, 1, 0, 0, 0), "pass"),
        ),
        ("a byte order mark", b"\xef\xbb\xbf" + suite(CASE), ((1, 1, 0, 0, 0), "pass")),
        (
            "UTF-16",
            b"<?xml version='1.0'?><testsuite><testcase/></testsuite>".decode().encode("utf-16"),
            ((1, 1, 0, 0, 0), "pass"),
        ),
        (
            "Latin-1",
            "<?xml version='1.0' encoding='iso-8859-1'?><testsuite name='é'><testcase/></testsuite>".encode(
                "latin-1"
            ),
            ((1, 1, 0, 0, 0), "pass"),
        ),
        (
            "CDATA that looks like cases",
            suite("<testcase><system-out><![CDATA[<testcase><failure/>]]></system-out></testcase>"),
            ((1, 1, 0, 0, 0), "pass"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_cases_are_counted_by_what_they_hold(name, data, expected):
    assert counts(data) == expected


@pytest.mark.parametrize(
    ("times", "duration", "odd"),
    [
        (["0.5", "1"], 1.5, False),
        (["1,234.5"], 1234.5, False),
        (["1,234,567"], 1234567.0, False),
        (["1,5"], 1.5, False),
        ([".25", "2.", "1e-1"], 2.35, False),
        (["1.5s", " 2 "], 3.5, False),
        (["-345345", "1"], 1.0, True),
        (["nan", "inf", "Infinity", "soon"], None, True),
        (["1e400", "1e300"], None, True),
        (["9" * 5000], None, True),
        (["", None], None, False),
        (["0", "0"], 0.0, False),
        (["٣"], None, True),
        (["0.1"] * 10, 1.0, False),
    ],
)
def test_times_of_any_form_are_summed_and_senseless_ones_are_named(times, duration, odd):
    data = suite(*(f"<testcase time='{time}'/>" if time is not None else "<testcase/>" for time in times))
    facts = read(data)
    assert facts.summary["duration"] == duration
    assert [p["code"] for p in facts.problems] == (["times_unreadable"] if odd else [])
    assert facts.verdict == "pass"


def test_what_is_odd_is_named():
    assert problems(suite(tests="6")) == ["tests_not_listed", "no_tests"]
    assert problems(suite("<failure/>", CASE)) == ["suite_failed"]
    assert problems(suite(CASE, failures="2")) == ["failures_not_listed"]
    assert problems(suite("<testcase><skipped/></testcase>")) == ["all_skipped"]


@pytest.mark.parametrize(
    ("data", "dialect"),
    [
        (
            b"<testsuites name='pytest tests'><testsuite name='pytest'><testcase/></testsuite></testsuites>",
            "pytest",
        ),
        (b"<testsuites><testsuite name='pytest'><testcase/></testsuite></testsuites>", "pytest"),
        (suite("<testcase><flakyFailure/></testcase>"), "surefire"),
        (suite(CASE, name="jest tests"), "junit"),
    ],
)
def test_the_writer_is_recognised_by_content(data, dialect):
    assert read(data).dialect == dialect


@pytest.mark.parametrize("root", ["coverage", "html", "testcase", "TestRun", "report", "assemblies"])
def test_another_kind_of_xml_is_not_a_report(root):
    with pytest.raises(EvidenceRejected, match=f"<{root}>"):
        read(f"<{root}/>".encode())


def test_the_cases_that_failed_are_named_with_what_they_said_and_no_secret():
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    cases = "".join(
        f'<testcase name="t{n}"><failure message="was {n}, with {key}"/></testcase>' for n in range(7)
    )
    facts = read(f'<testsuite>{cases}<testcase name="fine"/></testsuite>'.encode())
    named = [entry["detail"] for entry in facts.problems if entry["code"] == "case_failed"]
    assert named == [f"t{n}: was {n}, with [masked]" for n in range(5)]
    (silent,) = read(b'<testsuite><testcase name="t"><error/></testcase></testsuite>').problems
    assert silent["detail"] == "t failed."
