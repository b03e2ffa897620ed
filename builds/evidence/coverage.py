"""Coverage as its many writers make it; rates are computed anew from lines, never taken from the file.

Dialects: Cobertura and JaCoCo XML, Clover XML, LCOV (geninfo(1)), coverage.py JSON (`meta.format` 2 and 3),
Istanbul JSON, Go cover profiles (golang.org/x/tools/cover). Branch data that is absent is null, not 0 %.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from builds.evidence.guard import (
    EvidenceRejected,
    Facts,
    check_size,
    decode,
    lines,
    parse_json,
    parse_xml,
    problem,
)

_MAX_PROBLEMS = 20
_MAX_LINE = 10_000_000


@dataclass
class _Tally:
    """What was measured. A line or branch met twice is covered if it was covered once."""

    lines: dict = field(default_factory=dict)  # (file, line) → covered
    branches: dict = field(default_factory=dict)  # any key → (covered, total)
    weights: dict = field(default_factory=dict)  # (file, block) → statements, where no lines are told
    problems: list = field(default_factory=list)

    def line(self, key, hits: int) -> None:
        self.lines[key] = self.lines.get(key, False) or hits > 0

    def branch(self, key, covered: int, total: int) -> None:
        before = self.branches.get(key, (0, 0))
        self.branches[key] = (max(before[0], min(covered, total)), max(before[1], total))

    def odd(self, detail: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(problem("unreadable_entry", detail))

    def facts(self, dialect: str) -> Facts:
        total = sum(self.weights.get(key, 1) for key in self.lines)
        covered = sum(self.weights.get(key, 1) for key, hit in self.lines.items() if hit)
        branches_total = sum(pair[1] for pair in self.branches.values())
        branches_covered = sum(pair[0] for pair in self.branches.values())
        known = branches_total > 0
        summary = {
            "lines_total": total,
            "lines_covered": covered,
            "line_rate": _rate(covered, total),
            "branches_total": branches_total if known else None,
            "branches_covered": branches_covered if known else None,
            "branch_rate": _rate(branches_covered, branches_total),
        }
        verdict = "none" if total == 0 else "warn" if self.problems else "pass"
        return Facts("coverage", dialect, verdict, summary, self.problems)


def _rate(covered: int, total: int) -> float | None:
    return round(covered / total, 6) if total else None


def read(data: bytes) -> Facts:
    """Facts with {lines_total, lines_covered, line_rate, branches_total, branches_covered, branch_rate};
    rates from 0 to 1, null where nothing was measured.

    Verdict: `pass` means that the file could be read and measures something; whether that is enough is a
    standard's matter. `warn`: some entries could not be read. `none`: it measures nothing. Raises
    EvidenceRejected with line and column.
    """
    check_size(data)
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    tally = _Tally()
    if head == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _xml(parse_xml(data), tally)
    if head in (b"{", b"["):
        return _json(parse_json(data), tally)
    text = decode(data).lstrip()
    if text.startswith("mode:"):
        return _go(data, tally)
    if re.search(r"^\s*SF:", text, re.MULTILINE):
        return _lcov(data, tally)
    raise EvidenceRejected("This is none of the coverage formats that are read here.", 1, 1)


def _xml(root: Element, tally: _Tally) -> Facts:
    if root.tag == "report" and (root.find(".//counter") is not None or root.find(".//package") is not None):
        return _jacoco(root, tally)
    if root.tag == "coverage" and root.find("project") is not None:
        return _clover(root, tally)
    if root.tag == "coverage" and (root.find("packages") is not None or "line-rate" in root.attrib):
        return _cobertura(root, tally)
    raise EvidenceRejected(f"This is not a coverage report: its root is <{root.tag[:50]}>.", 1, 1)


def _number(text: str | None) -> int | None:
    """A whole number as writers put it (`3`, `3.0`, `1e+06`); negative ones are given as they are."""
    if text is None or not re.fullmatch(r"\s*[-+]?\d{1,20}(\.\d*)?([eE]\+?\d{1,2})?\s*", text, re.ASCII):
        return None
    return int(text) if re.fullmatch(r"\s*[-+]?\d+\s*", text) else int(float(text))


def _hits(text: str | None, where: str, tally: _Tally) -> int | None:
    """Hits of a line; None (and a problem) if they cannot be read. Negative ones (overflow) cover nothing."""
    hits = _number(text)
    if hits is None:
        tally.odd(f"{where}: no count of hits.")
    elif hits < 0:
        tally.odd(f"{where}: a negative count of hits is taken as none.")
    return hits


def _line_number(text: str | None, where: str, tally: _Tally) -> int | None:
    number = _number(text)
    if number is None or not 0 <= number <= _MAX_LINE:
        tally.odd(f"{where}: no line number.")
        return None
    return number


def _cobertura(root: Element, tally: _Tally) -> Facts:
    for unit in root.iter("class"):
        name = unit.get("filename") or unit.get("name") or ""
        # Methods repeat the lines of their class; most writers list them in both places, some in one.
        for row in unit.iter("line"):
            number = _line_number(row.get("number"), name, tally)
            hits = _hits(row.get("hits"), f"{name}:{number}", tally)
            if number is None or hits is None:
                continue
            tally.line((name, number), hits)
            told = re.search(r"\((\d{1,9})\s*/\s*(\d{1,9})\)", row.get("condition-coverage") or "")
            if (row.get("branch") or "").lower() == "true" and told:
                tally.branch((name, number), int(told.group(1)), int(told.group(2)))
    return tally.facts("cobertura")


def _jacoco(root: Element, tally: _Tally) -> Facts:
    for package in root.iter("package"):
        for source in package.findall("sourcefile"):
            name = f"{package.get('name')}/{source.get('name')}"
            for row in source.findall("line"):
                counts = [_number(row.get(key)) for key in ("nr", "mi", "ci", "mb", "cb")]
                if any(count is None or count < 0 for count in counts):
                    tally.odd(f"{name}: a line without its counters.")
                    continue
                number, missed, covered, branches_missed, branches_covered = counts
                if missed + covered:
                    tally.line((name, number), covered)
                if branches_missed + branches_covered:
                    tally.branch((name, number), branches_covered, branches_missed + branches_covered)
    if not tally.lines:
        _jacoco_counters(root, tally)
    return tally.facts("jacoco")


def _jacoco_counters(root: Element, tally: _Tally) -> None:
    """A report without lines (aggregated, or compiled without line numbers): its own sums are all there
    is."""
    for counter in root.findall("counter"):
        missed, covered = _number(counter.get("missed")), _number(counter.get("covered"))
        if missed is None or covered is None or missed < 0 or covered < 0:
            tally.odd("A counter without its numbers.")
        elif counter.get("type") == "LINE":
            for key, weight, hit in (("missed", missed, 0), ("covered", covered, 1)):
                tally.weights[key] = weight
                tally.line(key, hit)
        elif counter.get("type") == "BRANCH":
            tally.branch("all", covered, missed + covered)


def _clover(root: Element, tally: _Tally) -> Facts:
    for source in root.iter("file"):
        name = source.get("path") or source.get("name") or ""
        for row in source.findall("line"):
            number = _line_number(row.get("num"), name, tally)
            if number is None or row.get("type") not in ("stmt", "cond"):
                continue
            if row.get("type") == "cond" and "truecount" in row.attrib:
                taken = [_number(row.get(key)) or 0 for key in ("truecount", "falsecount")]
                tally.branch((name, number), sum(count > 0 for count in taken), 2)
                hits = max(taken) if row.get("count") is None else _hits(row.get("count"), name, tally)
            else:
                hits = _hits(row.get("count"), f"{name}:{number}", tally)
            if hits is not None:
                tally.line((name, number), hits)
    return tally.facts("clover")


def _lcov(data: bytes, tally: _Tally) -> Facts:
    name, number = None, 0
    for number, line in lines(data):
        word, _, rest = line.partition(":")
        if word == "SF":
            if name is not None:
                raise EvidenceRejected("A record begins before the last one ended.", number, 1)
            name = rest.strip()
        elif line == "end_of_record":
            name = None
        elif word in ("DA", "BRDA") and name is None:
            raise EvidenceRejected(f"{word} stands outside a record.", number, 1)
        elif word == "DA":
            parts = rest.split(",")
            at = _line_number(parts[0], f"line {number}", tally)
            hits = _hits(parts[1] if len(parts) > 1 else None, f"line {number}", tally)
            if at is not None and hits is not None:
                tally.line((name, at), hits)
        elif word == "BRDA":
            _lcov_branch(rest, name, number, tally)
    if name is not None:
        raise EvidenceRejected("The file ends in the middle of a record.", number, 1)
    return tally.facts("lcov")


def _lcov_branch(rest: str, name: str, number: int, tally: _Tally) -> None:
    # Expressions in the third field may hold commas; the count is the last field, "-" where never reached.
    parts = rest.rsplit(",", 1)
    taken = 0 if parts[-1].strip() == "-" else _number(parts[-1])
    if len(parts) != 2 or parts[0].count(",") < 2 or taken is None:
        tally.odd(f"line {number}: a branch without its four fields.")
        return
    tally.branch((name, parts[0]), int(taken > 0), 1)


def _go(data: bytes, tally: _Tally) -> Facts:
    """Blocks weigh as many lines as they have statements, as `go tool cover` counts."""
    for number, line in lines(data):
        if line.startswith("mode:"):
            continue
        match = re.fullmatch(r"(.+:\d+\.\d+,\d+\.\d+) (\d{1,9}) (\d{1,20})", line, re.ASCII)
        if match is None:
            raise EvidenceRejected("This is not a block of a Go cover profile.", number, 1)
        tally.weights[match.group(1)] = int(match.group(2))
        tally.line(match.group(1), int(match.group(3)))
    return tally.facts("go-cover")


def _json(value: object, tally: _Tally) -> Facts:
    if (
        isinstance(value, dict)
        and isinstance(value.get("meta"), dict)
        and isinstance(value.get("files"), dict)
    ):
        return _coverage_py(value, tally)
    if isinstance(value, dict) and value and all(_istanbul_file(entry) for entry in value.values()):
        return _istanbul(value, tally)
    raise EvidenceRejected("This JSON is none of the coverage formats that are read here.", 1, 1)


def _istanbul_file(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("statementMap"), dict)
        and isinstance(entry.get("s"), dict)
    )


def _numbers(value: object, where: str, tally: _Tally) -> Iterable[int]:
    if not isinstance(value, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in value):
        tally.odd(f"{where} is not a list of line numbers.")
        return ()
    return value


def _coverage_py(value: dict, tally: _Tally) -> Facts:
    for name, entry in value["files"].items():
        if not isinstance(entry, dict):
            tally.odd(f"{name} is not an object.")
            continue
        for key, hit in (("executed_lines", 1), ("missing_lines", 0)):
            for number in _numbers(entry.get(key), f"{name}: {key}", tally):
                tally.line((name, number), hit)
        for key, hit in (("executed_branches", 1), ("missing_branches", 0)):
            arcs = entry.get(key)
            for arc in arcs if isinstance(arcs, list) else ():
                tally.branch((name, str(arc)), hit, 1)
    return tally.facts("coverage.py")


def _istanbul(value: dict, tally: _Tally) -> Facts:
    for name, entry in value.items():
        for key, place in entry["statementMap"].items():
            start = place.get("start") if isinstance(place, dict) else None
            number = start.get("line") if isinstance(start, dict) else None
            hits = entry["s"].get(key)
            if not isinstance(number, int) or not isinstance(hits, int):
                tally.odd(f"{name}: statement {key} has no line or no count.")
                continue
            tally.line((name, number), hits)
        branches = entry.get("b")
        for key, counts in branches.items() if isinstance(branches, dict) else ():
            for index, count in enumerate(counts if isinstance(counts, list) else ()):
                tally.branch((name, key, index), int(isinstance(count, int) and count > 0), 1)
    return tally.facts("istanbul")
