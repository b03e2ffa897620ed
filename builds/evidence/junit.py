"""JUnit XML as its many writers make it: only leaf test cases count, and the file's own sums are never
believed.

There is no standard; the shapes met are those of Ant's `junitreport`, Surefire (`rerunFailure`,
`flakyFailure`), pytest, jest, PHPUnit (nested suites), Bazel, gotestsum and converters.
"""

import math
import re
from collections import Counter
from xml.etree.ElementTree import Element

from builds.evidence.guard import EvidenceRejected, Facts, parse_xml, problem
from pipelines.secrets import TOKENS

_ROOTS = ("testsuites", "testsuite")
_FAILED = frozenset({"failed", "failure", "fail"})
_ERROR = frozenset({"error", "errored", "aborted", "timeout"})
_NOT_RUN = frozenset({"notrun", "skipped", "ignored", "disabled", "suppressed", "pending"})
_MAX_SECONDS = 10**9
_MAX_COUNT = 10**9
_NAMED = 5  # failing cases that are named; the report has them all
_SAID = 300  # characters of what one of them said


def read(data: bytes) -> Facts:
    """Facts with the summary {tests, passed, failed, errors, skipped, duration}; `duration` in seconds, or
    None where no case tells one.

    Verdict: `fail` if any case or suite failed; `none` if there is no case; `warn` if all were skipped, or if
    a suite claims more failures than it lists; else `pass`. Raises EvidenceRejected.
    """
    root = parse_xml(data)
    if root.tag not in _ROOTS:
        raise EvidenceRejected(f"This is not a JUnit report: its root is <{root.tag[:50]}>.", 1, 1)
    cases = [case for case in root.iter("testcase") if case.find(".//testcase") is None]
    counts = Counter(_outcome(case) for case in cases)
    duration, odd = _duration(cases)
    summary = {
        "tests": len(cases),
        "passed": counts["passed"],
        "failed": counts["failed"],
        "errors": counts["errors"],
        "skipped": counts["skipped"],
        "duration": duration,
    }
    problems = _problems(root, summary, odd)
    return Facts("junit", _dialect(root), _verdict(summary, problems), summary, problems)


def _outcome(case: Element) -> str:
    """One outcome per case, the worst of what it lists: error, failure, skipped, passed."""
    children = {child.tag for child in case}
    said = {(case.get(name) or "").strip().lower() for name in ("status", "result")}
    if "error" in children or "rerunError" in children or said & _ERROR:
        return "errors"
    # Surefire writes rerunFailure beside failure; flakyFailure stands on a case that passed in the end.
    if "failure" in children or "rerunFailure" in children or said & _FAILED:
        return "failed"
    if "skipped" in children or said & _NOT_RUN:
        return "skipped"
    return "passed"


def _duration(cases: list[Element]) -> tuple[float | None, int]:
    """(seconds in all, how many times could not be understood)."""
    times, odd = [], 0
    for case in cases:
        text = case.get("time")
        if text is None or not text.strip():
            continue
        seconds = _seconds(text)
        if seconds is None:
            odd += 1
        else:
            times.append(seconds)
    return (round(math.fsum(times), 6) if times else None), odd


def _seconds(text: str) -> float | None:
    """`1.5`, `1,234.5` (thousands), `1,5` (a decimal comma), `1.5s`; None for negative and senseless
    values."""
    text = text.strip().removesuffix("s").strip()
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d*)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"\d+,\d+", text):
        text = text.replace(",", ".")
    if not re.fullmatch(r"(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", text, re.ASCII):
        return None
    seconds = float(text)
    return seconds if seconds <= _MAX_SECONDS else None


def _problems(root: Element, summary: dict, odd_times: int) -> list[dict]:
    found = []
    holders = [
        *_suites(root),
        *(case for case in root.iter("testcase") if case.find(".//testcase") is not None),
    ]
    if any(child.tag in ("error", "failure") for holder in holders for child in holder):
        found.append(problem("suite_failed", "A suite failed as a whole, outside its test cases."))
    # None of these sums is believed; more failures claimed than listed means that some were left out.
    claimed = max((_claimed(suite) for suite in _suites(root)), default=0)
    if claimed > summary["failed"] + summary["errors"]:
        detail = f"The file claims {claimed} failures and lists {summary['failed'] + summary['errors']}."
        found.append(problem("failures_not_listed", detail))
    told = [count for suite in _suites(root) if (count := _count(suite.get("tests"))) is not None]
    if told and max(told) > summary["tests"]:
        found.append(
            problem("tests_not_listed", f"The file claims {max(told)} tests and lists {summary['tests']}.")
        )
    if summary["tests"] == 0:
        found.append(problem("no_tests", "The file lists no test case; that is not a pass."))
    elif summary["skipped"] == summary["tests"]:
        found.append(problem("all_skipped", "Every test case was skipped."))
    found += _failing(root)
    if odd_times:
        found.append(problem("times_unreadable", f"The times of {odd_times} test cases make no sense."))
    return found


def _failing(root: Element) -> list[dict]:
    """The first cases that failed, by name with what they said: whoever looks must not have to fetch the file."""
    bad = [case for case in root.iter("testcase") if _outcome(case) in ("failed", "errors")]
    return [problem("case_failed", _case_in_words(case)) for case in bad[:_NAMED]]


def _case_in_words(case: Element) -> str:
    tags = ("failure", "error", "rerunFailure", "rerunError")
    cause = next((child for child in case if child.tag in tags), None)
    said = "" if cause is None else " ".join((cause.get("message") or cause.text or "").split())
    for token in TOKENS:
        said = token.sub("[masked]", said)
    said = said if len(said) <= _SAID else f"{said[:_SAID]}…"
    name = (case.get("name") or "A case without a name")[:_SAID]
    return f"{name}: {said}" if said else f"{name} failed."


def _suites(root: Element) -> list[Element]:
    return [element for element in root.iter() if element.tag in _ROOTS]


def _claimed(suite: Element) -> int:
    return (_count(suite.get("failures")) or 0) + (_count(suite.get("errors")) or 0)


def _count(text: str | None) -> int | None:
    if text is None or not re.fullmatch(r"\s*\d{1,10}\s*", text, re.ASCII):
        return None
    return min(int(text), _MAX_COUNT)


def _verdict(summary: dict, problems: list[dict]) -> str:
    codes = {entry["code"] for entry in problems}
    if summary["failed"] or summary["errors"] or "suite_failed" in codes:
        return "fail"
    if summary["tests"] == 0:
        return "none"
    # What was claimed and is not listed is unknown, and nothing unknown is a pass.
    return "warn" if codes & {"failures_not_listed", "tests_not_listed", "all_skipped"} else "pass"


def _dialect(root: Element) -> str:
    tags = {element.tag for element in root.iter()}
    first = next(iter(_suites(root)[-1:]), root)
    if tags & {"rerunFailure", "flakyFailure", "rerunError", "flakyError"} or "surefire" in " ".join(
        root.attrib
    ):
        return "surefire"
    if (root.get("name") or first.get("name") or "").startswith("pytest"):
        return "pytest"
    return "junit"
