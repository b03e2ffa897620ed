"""Evidence of a build or deployment as rows: what kind, what it says in numbers, how old. Pure."""

from collections.abc import Iterable

from deployments.redaction import redact
from insights.templatetags.gate import count

KINDS = {
    "junit": "Tests",
    "coverage": "Coverage",
    "sarif": "Findings",
    "sbom": "Components",
    "provenance": "Provenance",
    "cfn-lint": "Template lint",
    "custom": "Report",
}
EXPECTED = ("junit", "coverage")


def evidence_rows(rows: Iterable) -> list[dict]:
    """The newest of each (kind, name): {kind, title, name, state, verdict, summary, problems, at}."""
    newest = {(row.kind, row.name): row for row in sorted(rows, key=lambda row: (row.created_at, row.pk))}
    return [
        {
            "kind": row.kind,
            "title": KINDS.get(row.kind, row.kind),
            "name": row.name,
            "state": row.verdict if row.state == "parsed" else "rejected",
            "verdict": row.verdict,
            "summary": summary_in_words(row.kind, row.summary),
            "problems": [redact(str(p.get("detail", ""))) for p in row.problems if isinstance(p, dict)],
            "at": row.created_at,
        }
        for row in sorted(newest.values(), key=lambda row: (_rank(row.kind), row.name))
    ]


def rows_by_round(rows: Iterable, build: str, version: str, back_to: str) -> list[dict]:
    """[{title, rows}]: the tests of what was deployed, then those of what runs again after going back. Each round
    tests another build under the same names, so the newest of all would hide why it went back."""
    first, second = [], []
    for row in rows:
        (first if row.build_id == build else second).append(row)
    found = []
    if first:
        title = f"{version}, before going back" if back_to else ""
        found.append({"title": title, "rows": evidence_rows(first)})
    if second:
        found.append({"title": f"{back_to}, after going back", "rows": evidence_rows(second)})
    return found


def _rank(kind: str) -> int:
    return list(KINDS).index(kind) if kind in KINDS else len(KINDS)


def missing_kinds(rows: Iterable) -> list[str]:
    """Titles of what is usually handed over and is not there: missing evidence is said, never passed over."""
    found = {row.kind for row in rows}
    return [KINDS[kind] for kind in EXPECTED if kind not in found]


def summary_in_words(kind: str, summary: dict) -> str:
    """`41 of 42 passed, 1 skipped`, `87.5 % of lines, 71.0 % of branches`; "" for a kind without numbers."""
    if kind == "junit":
        return _tests(summary)
    if kind == "coverage":
        parts = [_rate(summary.get(f"{what}_rate"), f"of {noun}") for what, noun in RATES]
        return ", ".join(part for part in parts if part)
    if kind == "sarif":
        return _findings(summary)
    if kind == "sbom" and summary.get("components") is not None:
        return count(summary["components"], "component")
    return ""


RATES = (("line", "lines"), ("branch", "branches"))


def _rate(value, words: str) -> str:
    if value is None:
        return ""
    try:
        return f"{float(value) * 100:.1f} % {words}"
    except (TypeError, ValueError):
        return ""


def _tests(summary: dict) -> str:
    if not summary.get("tests"):
        return "no tests ran"
    text = f"{summary.get('passed', 0)} of {summary['tests']} passed"
    failed = summary.get("failed", 0) + summary.get("errors", 0)
    more = [f"{failed} failed"] if failed else []
    more += [f"{summary['skipped']} skipped"] if summary.get("skipped") else []
    return ", ".join([text, *more])


SEVERITIES = ("critical", "high", "medium", "low")


def _findings(summary: dict) -> str:
    """Of a report that nobody counted nothing is said: "no findings" would be a verdict."""
    if not any(name in summary for name in SEVERITIES):
        return ""
    return ", ".join(f"{summary[name]} {name}" for name in SEVERITIES if summary.get(name)) or "no findings"


def evidence_chip(total: int, passed: int, failed: int) -> dict:
    """The one chip of a row about its build's evidence; anything but "all passed" is not green."""
    if not total:
        return {"text": "No evidence", "icon": "file-question-mark", "tone": "attention"}
    if failed:
        return {"text": f"{count(failed, 'report')} failed", "icon": "circle-x", "tone": "danger"}
    tone = "ok" if passed == total else "attention"
    return {"text": f"{passed} of {count(total, 'report')} passed", "icon": "list-checks", "tone": tone}
