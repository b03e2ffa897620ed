import hashlib
import io
import stat
import zipfile

import pytest

from builds.testspec import (
    SpecMissing,
    SpecProblems,
    Suite,
    parse,
    read_bundle,
    safe_path,
    spec_facts,
    suites_for,
)

SPEC = b"""suites:
  - name: smoke
    kind: codebuild
    buildspec: releasegate/smoke.yml
    environments: [dev, prod]
    timeout: 120
    required: true
    retries: 1
    report: reports/junit.xml
  - name: extra
    kind: codebuild
    buildspec: releasegate/smoke.yml
    required: false
"""
FILES = {"releasegate/tests.yaml": SPEC, "releasegate/smoke.yml": b"version: 0.2\n"}


def zipped(files=None, *, extra=(), compression=zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as bundle:
        for name, content in (FILES if files is None else files).items():
            bundle.writestr(name, content)
        for info, content in extra:
            bundle.writestr(info, content)
    return target.getvalue()


def corrupt(compression: int) -> bytes:
    """A bundle whose spec is compressed so, with the middle of what was compressed overwritten."""
    with zipfile.ZipFile(io.BytesIO(whole := zipped(compression=compression))) as bundle:
        info = bundle.getinfo("releasegate/tests.yaml")
    start = info.header_offset + 30 + len(info.filename) + info.compress_size // 3
    return whole[:start] + b"\xff" * 24 + whole[start + 24 :]


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def codes(data: bytes) -> list[str]:
    with pytest.raises(SpecProblems) as refused:
        read_bundle(data)
    return [problem.code for problem in refused.value.problems]


def test_the_spec_is_read_with_its_digest_and_its_defaults():
    spec = read_bundle(zipped())
    assert spec.digest == "sha256:" + hashlib.sha256(SPEC).hexdigest()
    assert spec.suites == [
        Suite(
            "smoke", "codebuild", "releasegate/smoke.yml", ["dev", "prod"], 120, True, 1, "reports/junit.xml"
        ),
        Suite("extra", "codebuild", "releasegate/smoke.yml", None, 600, False, 0, None),
    ]


def test_suites_are_chosen_by_environment():
    facts = spec_facts(zipped())
    assert [suite["name"] for suite in suites_for(facts, "prod")] == ["smoke", "extra"]
    assert [suite["name"] for suite in suites_for(facts, "staging")] == ["extra"]


@pytest.mark.parametrize("facts", [None, {}, {"problems": [{"code": "bundle_unreadable"}]}])
def test_a_bundle_that_was_not_read_has_no_suite(facts):
    assert suites_for(facts, "prod") == []


def test_the_plain_form_holds_everything_and_never_raises():
    facts = spec_facts(zipped())
    assert facts["suites"][1] == {
        "name": "extra",
        "kind": "codebuild",
        "buildspec": "releasegate/smoke.yml",
        "environments": None,
        "timeout": 600,
        "required": False,
        "retries": 0,
        "report": None,
    }
    assert [p["code"] for p in spec_facts(zipped({"x": b""}))["problems"]] == ["test_spec_missing"]
    assert spec_facts(b"no zip")["problems"][0]["code"] == "bundle_unreadable"
    wrong = spec_facts(zipped({"releasegate/tests.yaml": b"suites: 3\n"}))["problems"]
    assert [(p["code"], p["pointer"], p["line"], p["column"]) for p in wrong] == [
        ("type_invalid", "/suites", 1, 9)
    ]


def test_a_bundle_without_a_spec_is_missing_it():
    for files in (
        {},
        {"tests.yaml": SPEC},
        {"releasegate/tests.yml": SPEC},
        {"RELEASEGATE/tests.yaml": SPEC},
    ):
        with pytest.raises(SpecMissing):
            read_bundle(zipped(files))


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"not a zip", zipped()[:60], zipped()[:-10], zipped()[40:], b"\x1f\x8b gzip"],
    ids=range(7),
)
def test_what_is_no_zip_is_refused(data):
    assert codes(data) == ["bundle_unreadable"]


def test_a_damaged_entry_is_refused():
    data = bytearray(zipped(compression=zipfile.ZIP_STORED))
    position = data.index(b"name: smoke")
    data[position] ^= 0xFF
    assert codes(bytes(data)) == ["bundle_unreadable"]


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "a/../../evil",
        "/etc/passwd",
        "a//b",
        "./a",
        "a/.",
        "..",
        "C:/evil",
        "a\\..\\evil",
        "\\\\host\\x",
        "a\nb",
        "x" * 1001,
    ],
)
def test_a_path_that_leads_out_is_refused(name):
    assert codes(zipped(extra=[(entry(name), b"x")])) == ["bundle_unsafe"]
    assert not safe_path(name)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_special_files_are_refused(kind):
    assert codes(zipped(extra=[(entry("link", kind | 0o777), b"/etc/passwd")])) == ["bundle_unsafe"]


def test_ordinary_files_and_folders_are_fine():
    extra = [
        (entry("docs/", stat.S_IFDIR | 0o755), b""),
        (entry("docs/a b-ü.txt", stat.S_IFREG | 0o644), b"x"),
    ]
    assert len(read_bundle(zipped(extra=extra)).suites) == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused():
    assert codes(zipped(extra=[(entry("releasegate/tests.yaml"), b"suites: []")])) == ["bundle_unsafe"]


def test_an_encrypted_entry_is_refused():
    data = bytearray(zipped())
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    assert codes(bytes(data)) == ["bundle_unsafe"]


def test_a_zip_bomb_is_refused_and_a_large_honest_bundle_is_not():
    assert codes(zipped(extra=[(entry_deflated("zeros"), b"\x00" * (65 * 1024**2))])) == ["bundle_unsafe"]
    assert len(read_bundle(zipped(extra=[(entry_deflated("zeros"), b"\x00" * (60 * 1024**2))])).suites) == 2


def entry_deflated(name: str) -> zipfile.ZipInfo:
    info = entry(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def test_a_size_that_is_a_lie_is_refused():
    big = zipped({"releasegate/tests.yaml": b"#" * 300_000})
    small = big.replace((300_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert codes(small) in (["bundle_unreadable"], ["too_large"])
    assert codes(big) == ["too_large"]


def test_too_many_entries_are_refused():
    assert codes(zipped({f"f{n}": b"" for n in range(10_001)})) == ["bundle_unsafe"]


def found(text: str) -> list[tuple]:
    with pytest.raises(SpecProblems) as refused:
        parse(text.encode(), files=frozenset({"b.yml"}))
    return [(problem.code, problem.pointer, problem.line) for problem in refused.value.problems]


def suite(**changes) -> str:
    fields = {"name": "smoke", "kind": "codebuild", "buildspec": "b.yml", **changes}
    rows = [f"{key}: {value}" for key, value in fields.items() if value is not None]
    return "suites:\n  - " + "\n    ".join(rows) + "\n"


def test_an_unknown_key_is_named_with_its_line_and_column():
    with pytest.raises(SpecProblems) as refused:
        parse(suite(retry="3").encode())
    (problem,) = refused.value.problems
    assert (problem.code, problem.pointer, problem.line, problem.column) == (
        "unknown_field",
        "/suites/0/retry",
        5,
        5,
    )
    assert "retries" in problem.detail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("type_invalid", "", 1)]),
        ("[]", [("type_invalid", "", 1)]),
        ("suites: []", [("type_invalid", "/suites", 1)]),
        ("suites: {}", [("type_invalid", "/suites", 1)]),
        ("tests: []", [("required", "", 1), ("unknown_field", "/tests", 1)]),
        ("suites:\n  - smoke\n", [("type_invalid", "/suites/0", 2)]),
        (suite(name=None), [("required", "/suites/0", 2)]),
        (suite(kind=None), [("required", "/suites/0", 2)]),
        (suite(buildspec=None), [("required", "/suites/0", 2)]),
        (suite(name="3"), [("name_invalid", "/suites/0/name", 2)]),
        (suite(name="'a b'"), [("name_invalid", "/suites/0/name", 2)]),
        (suite(kind="lambda"), [("unknown_kind", "/suites/0/kind", 3)]),
        (suite(kind="[codebuild]"), [("unknown_kind", "/suites/0/kind", 3)]),
        (suite(buildspec="c.yml"), [("file_missing", "/suites/0/buildspec", 4)]),
        (suite(buildspec="../b.yml"), [("path_invalid", "/suites/0/buildspec", 4)]),
        (suite(buildspec="/b.yml"), [("path_invalid", "/suites/0/buildspec", 4)]),
        (suite(buildspec="[b.yml]"), [("path_invalid", "/suites/0/buildspec", 4)]),
        (suite(buildspec="~"), [("path_invalid", "/suites/0/buildspec", 4)]),
        (suite(report="../../etc/passwd"), [("path_invalid", "/suites/0/report", 5)]),
        (suite(report="3"), [("path_invalid", "/suites/0/report", 5)]),
        (suite(environments="prod"), [("type_invalid", "/suites/0/environments", 5)]),
        (suite(environments="[]"), [("type_invalid", "/suites/0/environments", 5)]),
        (suite(environments="[prod, 3]"), [("name_invalid", "/suites/0/environments/1", 5)]),
        (suite(environments="[PROD]"), [("name_invalid", "/suites/0/environments/0", 5)]),
        (suite(timeout="0"), [("value_invalid", "/suites/0/timeout", 5)]),
        (suite(timeout="3601"), [("value_invalid", "/suites/0/timeout", 5)]),
        (suite(timeout="1.5"), [("value_invalid", "/suites/0/timeout", 5)]),
        (suite(timeout="2m"), [("value_invalid", "/suites/0/timeout", 5)]),
        (suite(timeout="true"), [("value_invalid", "/suites/0/timeout", 5)]),
        (suite(required="yes"), [("type_invalid", "/suites/0/required", 5)]),
        (suite(required="1"), [("type_invalid", "/suites/0/required", 5)]),
        (suite(retries="4"), [("value_invalid", "/suites/0/retries", 5)]),
        (suite(retries="-1"), [("value_invalid", "/suites/0/retries", 5)]),
        (suite() + suite()[8:], [("duplicate_suite", "/suites/1/name", 5)]),
        (suite(name="smoke\n    name: other"), [("duplicate_key", "/suites/0", 3)]),
        ("suites: &a [*a]", [("alias_refused", "/suites", 1)]),
        ("suites:\n  - name: [unclosed\n", [("yaml_invalid", "", 3)]),
        ("a: b: c", [("yaml_invalid", "", 1)]),
    ],
)  # fmt: skip
def test_everything_wrong_is_named_with_its_line(text, expected):
    assert found(text) == expected


def test_limits_themselves_are_fine():
    spec = parse(suite(timeout="3600", retries="3", environments="[prod-eu]", report="~").encode())
    assert (spec.suites[0].timeout, spec.suites[0].retries, spec.suites[0].report) == (3600, 3, None)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_spec_whose_compressed_bytes_are_damaged_is_a_problem_and_no_error(compression):
    assert codes(corrupt(compression)) == ["bundle_unreadable"]


@pytest.mark.parametrize("escape", ["\\0", "\\x1b", "\\x7f"])
def test_what_a_database_does_not_take_comes_out_of_no_spec(escape):
    for spec in (f'"k{escape}": 1\n', f'suites: ["a{escape}"]\n', f'? "{escape}"\n'):
        facts = spec_facts(zipped({"releasegate/tests.yaml": spec.encode()}))
        assert [problem["code"] for problem in facts["problems"]] == ["not_text"]
        assert str(facts).isprintable()
        assert "\\x" not in str(facts)
