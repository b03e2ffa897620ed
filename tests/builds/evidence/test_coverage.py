import json

import pytest

from builds.evidence.coverage import read
from builds.evidence.guard import EvidenceRejected


def summary(total, covered, branches=None, branches_covered=None) -> dict:
    return {
        "lines_total": total,
        "lines_covered": covered,
        "line_rate": round(covered / total, 6) if total else None,
        "branches_total": branches,
        "branches_covered": branches_covered,
        "branch_rate": round(branches_covered / branches, 6) if branches else None,
    }


def cobertura(*lines: str, head: str = "", **attributes: str) -> bytes:
    given = "".join(f" {name.replace('_', '-')}='{value}'" for name, value in attributes.items())
    return (
        f"<?xml version='1.0'?>{head}<coverage{given}><packages><package><classes><class filename='a.py'><lines>"
        f"{''.join(lines)}</lines></class></classes></package></packages></coverage>"
    ).encode()


JACOCO_HEAD = "<!DOCTYPE report PUBLIC '-//JACOCO//DTD Report 1.1//EN' 'report.dtd'>"
JACOCO = f"""{JACOCO_HEAD}<report name='x'><group name='g'><package name='p'><class name='p/A'><method name='m'>
<counter type='LINE' missed='9' covered='9'/></method></class><sourcefile name='A.java'>
<line nr='1' mi='0' ci='3' mb='0' cb='0'/><line nr='2' mi='2' ci='1' mb='1' cb='1'/>
<line nr='3' mi='4' ci='0' mb='2' cb='0'/>
<line nr='4' mi='0' ci='0' mb='0' cb='0'/><counter type='LINE' missed='50' covered='50'/></sourcefile></package></group>
<counter type='LINE' missed='70' covered='30'/></report>""".encode()
CLOVER = b"""<coverage generated='1'><project><package><file path='/a.php'><line num='1' type='method' count='1'/>
<line num='2' type='stmt' count='3'/><line num='3' type='stmt' count='0'/>
<line num='4' type='cond' truecount='1' falsecount='0'/></file></package></project></coverage>"""
LCOV = b"""TN:
SF:/a.c
FN:1,10,name,with,commas
FNDA:3,name,with,commas
DA:1,3
DA:2,0,checksum
DA:3,1e+06
BRDA:1,0,0,1
BRDA:1,0,1,-
BRDA:2,0,jump a, b,0
LF:99
LH:99
end_of_record
SF:/a.c
DA:2,1
end_of_record
"""
ISTANBUL = {
    "/a.js": {
        "path": "/a.js",
        "statementMap": {"0": {"start": {"line": 1}}, "1": {"start": {"line": 1}}, "2": {"start": {"line": 4}}},
        "s": {"0": 0, "1": 2, "2": 0},
        "fnMap": {}, "f": {}, "branchMap": {}, "b": {"0": [1, 0]},
    }
}  # fmt: skip


def coverage_py(**files) -> bytes:
    return json.dumps(
        {"meta": {"format": 3, "version": "7.6"}, "files": files, "totals": {"percent_covered": 99}}
    ).encode()


GOOD = {
    "cobertura, whose rate is a lie": (
        cobertura(
            "<line number='1' hits='1'/>", "<line number='2' hits='0'/>", line_rate="1.0", lines_valid="9"
        ),
        "cobertura",
        summary(2, 1),
    ),
    "cobertura with its document type": (
        cobertura(
            "<line number='1' hits='1'/>",
            head="<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>",
        ),
        "cobertura",
        summary(1, 1),
    ),
    "cobertura with branches": (
        cobertura(
            "<line number='1' hits='1' branch='true' condition-coverage='50% (1/2)'/>",
            "<line number='2' hits='1' branch='True' condition-coverage='100% (4 / 4)'/>",
            "<line number='3' hits='1' branch='false'/>",
        ),
        "cobertura",
        summary(3, 3, 6, 5),
    ),
    "cobertura with a line listed twice": (
        cobertura("<line number='7' hits='0'/>", "<line number='7' hits='2'/>"),
        "cobertura",
        summary(1, 1),
    ),
    "cobertura whose hits exceed 32 bits": (
        cobertura("<line number='1' hits='9999999999'/>"),
        "cobertura",
        summary(1, 1),
    ),
    "jacoco, counted by lines": (JACOCO, "jacoco", summary(3, 2, 4, 1)),
    "jacoco without lines": (
        (
            b"<report name='x'><package name='p'/><counter type='LINE' missed='70' covered='30'/>"
            b"<counter type='BRANCH' missed='1' covered='3'/></report>"
        ),
        "jacoco",
        summary(100, 30, 4, 3),
    ),
    "clover": (CLOVER, "clover", summary(3, 2, 2, 1)),
    "lcov": (LCOV, "lcov", summary(3, 3, 3, 1)),
    "lcov with a byte order mark": (b"\xef\xbb\xbf" + LCOV, "lcov", summary(3, 3, 3, 1)),
    "lcov with windows line ends": (LCOV.replace(b"\n", b"\r\n"), "lcov", summary(3, 3, 3, 1)),
    "coverage.py": (
        coverage_py(
            **{"a.py": {"executed_lines": [1, 2, 3], "missing_lines": [4], "summary": {"percent_covered": 5}}}
        ),
        "coverage.py",
        summary(4, 3),
    ),
    "coverage.py with branches": (
        coverage_py(
            **{
                "a.py": {
                    "executed_lines": [1],
                    "missing_lines": [],
                    "executed_branches": [[1, 2]],
                    "missing_branches": [[1, -1]],
                }
            }
        ),
        "coverage.py",
        summary(1, 1, 2, 1),
    ),
    "istanbul": (json.dumps(ISTANBUL).encode(), "istanbul", summary(2, 1, 2, 1)),
    "go": (
        b"mode: set\na/b.go:1.2,3.4 2 1\na/b.go:5.1,6.2 3 0\na/b.go:5.1,6.2 3 0\n",
        "go-cover",
        summary(5, 2),
    ),
    "nothing covered is 0 %, not null": (
        cobertura("<line number='1' hits='0'/>"),
        "cobertura",
        summary(1, 0),
    ),
}


@pytest.mark.parametrize(("data", "dialect", "expected"), GOOD.values(), ids=GOOD)
def test_every_dialect_is_counted_anew_from_its_lines(data, dialect, expected):
    facts = read(data)
    assert facts.dialect == dialect
    assert facts.summary == expected
    assert (facts.kind, facts.verdict, facts.problems) == ("coverage", "pass", [])


EMPTY = {
    "cobertura": cobertura(),
    "cobertura with a boast": b"<coverage line-rate='1.0'/>",
    "jacoco": b"<report name='x'><package name='p'/></report>",
    "clover": b"<coverage><project/></coverage>",
    "lcov": b"SF:a\nend_of_record\n",
    "coverage.py": coverage_py(),
    "go": b"mode: set\n",
}


@pytest.mark.parametrize("data", EMPTY.values(), ids=EMPTY)
def test_a_report_that_measures_nothing_is_no_pass_and_no_zero(data):
    facts = read(data)
    assert facts.verdict == "none"
    assert facts.summary == summary(0, 0)
    assert facts.summary["line_rate"] is None


ODD = {
    "cobertura: negative hits": (
        cobertura("<line number='1' hits='-5'/>", "<line number='2' hits='1'/>"),
        summary(2, 1),
    ),
    "cobertura: no hits": (cobertura("<line number='1'/>", "<line number='2' hits='1'/>"), summary(1, 1)),
    "cobertura: no number": (cobertura("<line hits='1'/>", "<line number='2' hits='1'/>"), summary(1, 1)),
    "cobertura: words": (
        cobertura("<line number='one' hits='lots'/>", "<line number='2' hits='1'/>"),
        summary(1, 1),
    ),
    "jacoco: negative": (
        (
            b"<report><package name='p'><sourcefile name='s'><line nr='1' mi='-1' ci='0' mb='0' cb='0'/>"
            b"<line nr='2' mi='0' ci='1' mb='0' cb='0'/></sourcefile></package></report>"
        ),
        summary(1, 1),
    ),
    "lcov: invalid DA": (b"SF:a\nDA:1\nDA:x,1\nDA:2,1\nend_of_record\n", summary(1, 1)),
    "lcov: negative hits": (b"SF:a\nDA:1,-3\nend_of_record\n", summary(1, 0)),
    "lcov: branch without fields": (b"SF:a\nDA:1,1\nBRDA:1,0\nend_of_record\n", summary(1, 1)),
    "coverage.py: lines are text": (
        coverage_py(a={"executed_lines": ["1"], "missing_lines": [2]}),
        summary(1, 0),
    ),
    "coverage.py: a file is a list": (
        coverage_py(a=[], b={"executed_lines": [1], "missing_lines": []}),
        summary(1, 1),
    ),
}


@pytest.mark.parametrize(("data", "expected"), ODD.values(), ids=ODD)
def test_odd_entries_are_left_out_and_the_verdict_says_so(data, expected):
    facts = read(data)
    assert facts.summary == expected
    assert facts.verdict == "warn"
    assert {problem["code"] for problem in facts.problems} == {"unreadable_entry"}


REFUSED = {
    "nothing": b"",
    "junit": b"<testsuite/>",
    "html": b"<html/>",
    "a bare coverage element": b"<coverage/>",
    "text": b"all good, 100 %\n",
    "an empty object": b"{}",
    "a list": b"[]",
    "solidity-like": b'{"contracts/A.sol": {"lines": {}}}',
    "lcov that ends in a record": b"SF:a\nDA:1,1\n",
    "lcov with a record in a record": b"SF:a\nSF:b\nend_of_record\n",
    "lcov outside a record": b"DA:1,1\nSF:a\nend_of_record\n",
    "go, cut off": b"mode: set\na.go:1.2,3.4 2 1\na.go:5.1,6",
    "go with negative statements": b"mode: set\na.go:1.2,3.4 -2 1\n",
    "xml bomb": b"<!DOCTYPE coverage [<!ENTITY a 'x'>]><coverage line-rate='&a;'/>",
    "cut off cobertura": cobertura()[:-5],
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_no_coverage_is_refused_with_its_place(data):
    with pytest.raises(EvidenceRejected) as refused:
        read(data)
    assert refused.value.line >= 1
    assert refused.value.column >= 1


def test_many_odd_entries_do_not_fill_the_answer():
    assert len(read(cobertura(*["<line/>"] * 5000)).problems) == 20
